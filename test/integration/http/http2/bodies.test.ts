// Large content over HTTP/2, with one side that is slow: what is not taken waits at its sender.

import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { http2Client, http2Request } from '../../../support/http2-client.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { startUpstream } from '../../../support/upstreams.ts';

const MIB = 1024 * 1024;
const TOTAL = 64 * MIB;

/** Waits until nothing comes any more. */
async function untilStill(count: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  await eventually(() => {
    same = count() === last ? same + 1 : 0;
    last = count();
    assert.ok(last > 0 && same >= 10);
  });
  return last;
}

test('64 MiB to an endpoint that does not read stay with the client, and other streams go on', async (t) => {
  let held: IncomingMessage | undefined;
  let received = 0;
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/quick') {
      request.pipe(response);
      return;
    }
    held = request;
    request.on('end', () => response.end(String(received)));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const session = await http2Client(t, proxy.port);
  const stream = session.request({ ':method': 'POST', ':path': '/payments/slow' });
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  let sent = 0;
  const part = Buffer.alloc(MIB, 'x');
  const more = (): void => {
    while (sent < TOTAL) {
      sent += part.length;
      if (!stream.write(part)) return;
    }
    stream.end();
  };
  stream.on('drain', more);
  more();
  assert.ok((await untilStill(() => sent)) < TOTAL / 2, `${sent} bytes were taken`);
  const quick = await http2Request(session, { ':method': 'POST', ':path': '/payments/quick' }, part);
  assert.ok(quick.body.equals(part));
  held?.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  await eventually(() => assert.equal(text, String(TOTAL)), 30_000);
});

test('64 MiB to a client that does not read stay with the endpoint, and other streams go on', async (t) => {
  let sent = 0;
  const part = Buffer.alloc(MIB, 'x');
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/quick') {
      response.end(part);
      return;
    }
    let left = TOTAL;
    const more = (): void => {
      while (left > 0) {
        left -= part.length;
        sent += part.length;
        if (!response.write(part)) return;
      }
      response.end();
    };
    response.on('drain', more);
    more();
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const session = await http2Client(t, proxy.port);
  session.setLocalWindowSize(8 * MIB);
  const stream = session.request({ ':path': '/payments/slow' });
  stream.pause();
  assert.ok((await untilStill(() => sent)) < TOTAL / 2, `${sent} bytes were taken`);
  const quick = await http2Request(session, { ':path': '/payments/quick' });
  assert.ok(quick.body.equals(part));
  let received = 0;
  stream.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  stream.resume();
  await eventually(() => assert.equal(received, TOTAL), 30_000);
  await proxy.untilFinished(2);
  assert.equal(
    proxy.finished.every(({ reason }) => reason === undefined),
    true,
  );
  assert.deepEqual(new Set(proxy.finished.map(({ bytesSent }) => bytesSent)), new Set([MIB, TOTAL]));
});

// A stop under HTTP/2: clients are given notice, also those over TLS and those that read nothing, and the process lives on.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { ClientHttp2Session, ServerHttp2Session } from 'node:http2';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startAmbassador, temporaryFolder } from '../../../support/ambassador-process.ts';
import { newAuthority } from '../../../support/certificates.ts';
import { eventually } from '../../../support/eventually.ts';
import { FRAME, FrameClient, frame, uint32 } from '../../../support/http2-frames.ts';
import { writeAll } from '../../../support/slow-peers.ts';
import { unusedPort } from '../../../support/upstreams.ts';

/** More than is kept on the way to a client that does not read. */
const MUCH_BYTES = 16 * 1024 * 1024;

/** SETTINGS_INITIAL_WINDOW_SIZE (RFC 9113 §6.5.2). */
const WIDE_WINDOW = Buffer.concat([Buffer.from([0, 4]), uint32(2 ** 30)]);

function ended(
  session: ClientHttp2Session,
  path: string,
): Promise<{ bytes: number; code: number | undefined }> {
  const stream = session.request({ ':path': path });
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  stream.on('error', () => {});
  return new Promise((resolve) => stream.on('close', () => resolve({ bytes, code: stream.rstCode })));
}

test('the process serves its clients of HTTP/2 to their end, whatever state their connections are in', async (t) => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const endpoint = createServer((request, response) => {
    request.resume();
    if (request.url === '/much') writeAll(response, MUCH_BYTES);
    else void opened.then(() => response.end('served'));
  });
  const sessions = new Set<ServerHttp2Session>();
  endpoint.on('session', (session) => sessions.add(session));
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  t.after(() => endpoint.close());
  const authority = newAuthority();
  const issued = authority.issue({ ips: ['127.0.0.1'] });
  const [certFile, keyFile] = [join(temporaryFolder(), 'own.crt'), join(temporaryFolder(), 'own.key')];
  writeFileSync(certFile, issued.cert);
  writeFileSync(keyFile, issued.key);
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      discovery: { services: 'declared' },
      listenTls: { certFile, keyFile },
      services: {
        payments: {
          protocol: 'h2c',
          discover: { endpoints: [`127.0.0.1:${(endpoint.address() as AddressInfo).port}`] },
        },
      },
    },
  });
  await ambassador.untilReady();
  const port = Number(new URL(ambassador.url).port);

  const secure = connect(`https://127.0.0.1:${port}`, { ca: authority.cert });
  secure.on('error', () => {});
  t.after(() => secure.destroy());
  const notice = new Promise((resolve) => secure.once('goaway', (_code, last) => resolve(last)));
  const served = ended(secure, '/payments/');

  const silent = new FrameClient(t, port);
  silent.send(frame(FRAME.settings, 0, 0, WIDE_WINDOW), frame(FRAME.windowUpdate, 0, 0, uint32(2 ** 30)));
  silent.request(1, { ':method': 'GET', ':scheme': 'http', ':authority': 'a', ':path': '/payments/much' });
  await eventually(() => assert.ok(silent.frames.some(({ stream }) => stream === 1)));
  silent.socket.pause();
  // Until everything on the way to it is full.
  let sent = -1;
  await eventually(() => {
    const before = sent;
    sent = [...sessions].reduce((sum, { socket }) => sum + (socket?.bytesWritten ?? 0), 0);
    assert.equal(sent, before);
  });

  const stopped = ambassador.stop();
  // Whoever comes now is served, and asks for more.
  const late = connect(`https://127.0.0.1:${port}`, { ca: authority.cert });
  late.on('error', () => {});
  t.after(() => late.destroy());
  const requests = ['/payments/1', '/payments/2', '/payments/3'].map((path) => ended(late, path));
  open();
  assert.deepEqual(await Promise.all([served, ...requests]), Array(4).fill({ bytes: 6, code: 0 }));
  // Over TLS there is no way to write beside the session: what ends it names the last stream.
  assert.equal(await notice, 1);
  silent.socket.resume();
  await silent.closed;
  assert.ok(silent.socket.bytesRead > MUCH_BYTES);
  assert.deepEqual([...new Set(silent.goaways)], [0]);
  assert.equal((await stopped).code, 0);
});

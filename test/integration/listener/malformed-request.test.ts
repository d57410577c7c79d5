import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Reason } from '../../../src/core/reasons.ts';
import { systemClock } from '../../../src/core/system-clock.ts';
import { HttpListener } from '../../../src/listener/http-listener.ts';
import { problemResponse } from '../../../src/proxy/problem.ts';
import { RawClient } from '../../support/raw-client.ts';
import { rethrow } from '../../support/test-transport.ts';

/** A listener that answers 204 to what is a request, and notes the reason of what is none. */
async function startListener(t: TestContext): Promise<{ port: number; malformed: Reason[] }> {
  const malformed: Reason[] = [];
  const listener = new HttpListener({
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    service: undefined,
    maxHeaderBytes: 32 * 1024,
    connected: () => {},
    forward: (exchange) => {
      exchange.respond({ status: 204, reasonPhrase: '', fields: [] }).end([]);
    },
    clock: systemClock,
    refused: (error) => {
      malformed.push(error.reason);
      const { status, headers, body } = problemResponse(error, { service: '', attempts: 0, requestId: 'id' });
      return { head: { status, reasonPhrase: '', fields: headers }, body };
    },
    fault: rethrow,
  });
  const bound = await listener.listen();
  t.after(() => {
    void listener.close();
    listener.destroy();
  });
  return { port: bound.kind === 'tcp' ? bound.port : 0, malformed };
}

test('what is no HTTP is answered 400 and reported', async (t) => {
  const { port, malformed } = await startListener(t);
  const client = new RawClient(t, port);
  client.send('this is no HTTP\r\n\r\n');
  assert.match(await client.untilClosed(), /^HTTP\/1\.1 400 /);
  assert.deepEqual(malformed, ['bad_request']);
});

test('a caller that resets its connection between requests is reported as nothing', async (t) => {
  const { port, malformed } = await startListener(t);
  const client = new RawClient(t, port);
  client.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await client.until(/ 204 /);
  client.socket.resetAndDestroy();
  // By the time this one is served, the reset has long been seen.
  const next = new RawClient(t, port);
  next.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await next.until(/ 204 /);
  assert.deepEqual(malformed, []);
});

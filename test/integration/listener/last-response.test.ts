// The last response of a connection reaches a client that reads late.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HttpListener } from '../../../src/listener/http-listener.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RawClient } from '../../support/raw-client.ts';
import { rethrow } from '../../support/test-transport.ts';

const CHUNK_BYTES = 64 * 1024;

test('a response that is the last of its connection is whole, although its client read none of it until its end was written', async (t) => {
  const clock = new FakeClock();
  let written = 0;
  let taken: boolean | undefined;
  const listener = new HttpListener({
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    service: undefined,
    maxHeaderBytes: 32 * 1024,
    connected: () => {},
    forward: (exchange) => {
      const writer = exchange.respond({ status: 200, reasonPhrase: '', fields: [] });
      // Until the kernel takes no more, so that the end has to wait.
      do {
        writer.data(Buffer.alloc(CHUNK_BYTES, 0x5a));
        written += CHUNK_BYTES;
      } while (writer.taken);
      writer.end([]);
      writer.onTaken((whole) => {
        taken = whole;
      });
    },
    clock,
    refused: () => ({ head: { status: 400, reasonPhrase: '', fields: [] }, body: Buffer.alloc(0) }),
    fault: rethrow,
  });
  const bound = await listener.listen();
  t.after(() => {
    void listener.close();
    listener.destroy();
  });
  const client = new RawClient(t, bound.kind === 'tcp' ? bound.port : 0);
  client.socket.pause();
  client.send('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await eventually(() => assert.ok(written > 0));
  // How long it may take to read is for its response to say, and not for the connection.
  clock.advance(20_000);
  client.socket.resume();
  const received = await client.untilClosed();
  assert.ok(received.endsWith('\r\n0\r\n\r\n'), `it ends with ${JSON.stringify(received.slice(-20))}`);
  assert.ok(received.length > written);
  await eventually(() => assert.equal(taken, true));
});

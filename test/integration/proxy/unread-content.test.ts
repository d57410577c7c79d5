// Content that is still coming when the answer is out: it is thrown away, and the caller's connection goes on.

import { test } from 'node:test';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startTcpUpstream, unusedPort } from '../../support/upstreams.ts';

const CONTENT = 'x'.repeat(300_000);

const HEAD = `POST /payments/a HTTP/1.1\r\nHost: a\r\nContent-Length: ${CONTENT.length}\r\n\r\n`;
const NEXT = 'GET /unknown/b HTTP/1.1\r\nHost: a\r\n\r\n';
const ANSWER_TO_NEXT = /x-ambassador-error: unknown_service/i;

test('when no endpoint took the request', async (t) => {
  const proxy = await startProxy(t, { services: { payments: [await unusedPort()] } });
  const client = new RawClient(t, proxy.port);
  client.send(HEAD + CONTENT);
  await client.until(/x-ambassador-error: connect_failure/i);
  client.send(NEXT);
  await client.until(ANSWER_TO_NEXT);
});

test('when the endpoint answered before it had read the content', async (t) => {
  const upstream = await startTcpUpstream(t, (socket) => {
    socket.once('data', () => {
      socket.pause();
      socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno');
    });
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const client = new RawClient(t, proxy.port);
  client.send(HEAD + CONTENT.slice(0, 100_000));
  await client.until(/413 Content Too Large/);
  client.send(CONTENT.slice(100_000) + NEXT);
  await client.until(ANSWER_TO_NEXT);
});

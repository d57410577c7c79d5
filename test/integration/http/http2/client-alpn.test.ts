// Over TLS the endpoint chooses the version of HTTP.

import assert from 'node:assert/strict';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { newAuthority } from '../../../support/certificates.ts';
import { eventually } from '../../../support/eventually.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { RawClient } from '../../../support/raw-client.ts';
import { testTlsDialer } from '../../../support/tls-endpoints.ts';

const authority = newAuthority();
const certificate = authority.issue({ dns: ['payments.test'] });

type Kind = 'h2 and http/1.1' | 'h2' | 'http/1.1';

/** Responds with the version of each request. */
async function endpoint(t: TestContext, kind: Kind, port = 0) {
  const connections = new Set<Socket>();
  const respond = (request: { httpVersion: string }, response: { end(text: string): void }): void =>
    response.end(request.httpVersion);
  const server =
    kind === 'http/1.1'
      ? createServer(certificate, respond)
      : createSecureServer({ ...certificate, allowHTTP1: kind !== 'h2' }, respond);
  server.on('secureConnection', (socket: Socket) => {
    connections.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => connections.delete(socket));
  });
  server.on('upgrade', (_request, socket: Socket) => {
    socket.write(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello',
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of connections) socket.destroy();
    });
  t.after(close);
  return { port: (server.address() as AddressInfo).port, connections, close };
}

async function world(t: TestContext, kind: Kind, tags: readonly string[] = []) {
  const upstream = await endpoint(t, kind);
  const proxy = await startProxy(t, {
    services: { payments: [{ port: upstream.port, tags }] },
    dialer: testTlsDialer({ ca: authority.cert }),
  });
  const call = async (): Promise<string> => {
    const response = await fetch(`${proxy.url}/payments/version`);
    return `${response.status} ${await response.text()}`;
  };
  return { upstream, proxy, call };
}

for (const [kind, version] of [
  ['h2 and http/1.1', '2.0'],
  ['h2', '2.0'],
  ['http/1.1', '1.1'],
] as const) {
  test(`an endpoint that speaks ${kind}`, async (t) => {
    const { upstream, call } = await world(t, kind);
    const all = await Promise.all(Array.from({ length: 5 }, call));
    assert.deepEqual(new Set(all), new Set([`200 ${version}`]));
    if (version === '2.0') assert.equal(upstream.connections.size, 1);
    assert.equal(await call(), `200 ${version}`);
  });
}

test('another version that was deployed meanwhile is found once no connection is open', async (t) => {
  const { upstream, call } = await world(t, 'h2');
  assert.equal(await call(), '200 2.0');
  await upstream.close();
  await endpoint(t, 'http/1.1', upstream.port);
  await eventually(async () => assert.equal(await call(), '200 1.1'));
});

test('an endpoint registered with grpc that speaks HTTP/1.1 only is named so', async (t) => {
  const { proxy, call } = await world(t, 'http/1.1', ['grpc']);
  assert.match(await call(), /^50[23] /);
  assert.equal(proxy.finished[0]?.attempts[0]?.status, undefined);
});

test('a WebSocket goes over HTTP/1.1 where the endpoint speaks both', async (t) => {
  const { proxy, call } = await world(t, 'h2 and http/1.1');
  assert.equal(await call(), '200 2.0');
  const client = new RawClient(t, proxy.port);
  client.send(
    'GET /payments/chat HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await client.until(/^HTTP\/1\.1 101 [\s\S]*hello$/);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { temporaryFolder } from '../../support/ambassador-process.ts';
import { newAuthority } from '../../support/certificates.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { startTcpProxy, TcpClient } from '../../support/tcp-world.ts';
import { testTlsDialer } from '../../support/tls-endpoints.ts';

async function listenAt(
  t: TestContext,
  server: ReturnType<typeof createServer | typeof createTcpServer>,
): Promise<string> {
  const path = join(temporaryFolder(), 'endpoint.sock');
  server.listen(path);
  await once(server, 'listening');
  t.after(() => server.close());
  return path;
}

test('requests go to an endpoint behind a unix socket, whose host is localhost', async (t) => {
  const server = createServer((request, response) => {
    response.end(`${request.headers.host} ${request.url}`);
  });
  const socketPath = await listenAt(t, server);
  t.after(() => server.closeAllConnections());
  const proxy = await startProxy(t, { services: { payments: [{ id: 'n/a', address: '', socketPath }] } });
  assert.equal(await (await fetch(`${proxy.url}/payments/charge`)).text(), 'localhost /charge');
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.attempts[0]?.authority, `unix:${socketPath}`);
});

test('an endpoint behind a unix socket that speaks TLS is called localhost in its certificate too', async (t) => {
  const authority = newAuthority();
  const server = createSecureServer(authority.issue({ dns: ['localhost'] }), (_, response) => {
    response.end('over TLS');
  });
  const socketPath = await listenAt(t, server);
  t.after(() => server.closeAllConnections());
  const proxy = await startProxy(t, {
    services: { payments: [{ id: 'n/a', address: '', socketPath }] },
    dialer: testTlsDialer({ ca: authority.cert, serverName: undefined }),
  });
  assert.equal(await (await fetch(`${proxy.url}/payments/charge`)).text(), 'over TLS');
});

test('a socket that is not there is a failure to connect, and another endpoint is tried', async (t) => {
  const server = createServer((_, response) => response.end('here'));
  const socketPath = await listenAt(t, server);
  t.after(() => server.closeAllConnections());
  const missing = `${socketPath}.gone`;
  const endpoints = [missing, socketPath].map((path, i) => ({ id: `n/${i}`, address: '', socketPath: path }));
  const proxy = await startProxy(t, { services: { payments: endpoints } });
  for (let i = 0; i < 6; i++) assert.equal(await (await fetch(`${proxy.url}/payments/`)).text(), 'here');
  const failures = proxy.finished.flatMap(({ attempts }) =>
    attempts.filter(({ failure }) => failure !== undefined),
  );
  for (const { failure, failureDetail } of failures) {
    assert.equal(failure, 'connect_failure');
    assert.match(failureDetail ?? '', /ENOENT/);
  }
});

test('connections over TCP are carried to an endpoint behind a unix socket, resets as closes', async (t) => {
  const socketPath = await listenAt(
    t,
    createTcpServer((socket) => {
      socket.write('hello');
      socket.once('data', () => socket.destroy());
      t.after(() => socket.destroy());
    }),
  );
  const proxy = await startTcpProxy(t, { endpoints: [{ id: 'n/a', address: '', socketPath }] });
  const client = new TcpClient(t, proxy.port);
  await client.untilReceived('hello');
  client.socket.end('bye');
  await client.untilClosed();
  const [facts] = await proxy.untilFinished(1);
  assert.equal(facts?.attempts[0]?.authority, `unix:${socketPath}`);
  assert.equal(facts.bytesSent, 5);
});

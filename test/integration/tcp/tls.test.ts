// TLS to the endpoints of a service over TCP: clients speak in the clear, and what cannot be verified is no endpoint.

import assert from 'node:assert/strict';
import { constants } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { createServer } from 'node:tls';
import { systemClock } from '../../../src/core/system-clock.ts';
import { probe } from '../../../src/http/probe.ts';
import type { Issued } from '../../support/certificates.ts';
import { newAuthority } from '../../support/certificates.ts';
import { DEFAULT_POLICY, testEndpoint } from '../../support/proxy-under-test.ts';
import { startTcpProxy, TcpClient } from '../../support/tcp-world.ts';
import { testTlsDialer } from '../../support/tls-endpoints.ts';

const authority = newAuthority();

/** Handshakes take long on a busy machine. */
const PATIENT = { timeout: { ...DEFAULT_POLICY.timeout, connect: 10_000 } };

async function startTlsServer(
  t: TestContext,
  issued: Issued,
  serve: (socket: TLSSocket) => void,
  more: TlsOptions = {},
): Promise<number> {
  const sockets = new Set<TLSSocket>();
  const { key, cert } = issued;
  const server = createServer({ key, cert, allowHalfOpen: true, ...more }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

test('bytes go both ways over TLS, one side ending before the other, and servers may speak first', async (t) => {
  const port = await startTlsServer(t, authority.issue({ dns: ['db.test'] }), (socket) => {
    socket.write('ready;');
    let asked = 0;
    socket.on('data', (chunk) => {
      asked += chunk.length;
    });
    socket.on('end', () => socket.end(`${asked} bytes`));
  });
  const dialer = testTlsDialer({ ca: authority.cert, serverName: 'db.test' });
  const proxy = await startTcpProxy(t, { endpoints: [port], dialer, policy: PATIENT });
  const client = new TcpClient(t, proxy.port);
  await client.untilReceived('ready;');
  client.socket.end('x'.repeat(3_000_000));
  await client.untilReceived('ready;3000000 bytes');
  await client.untilClosed();
  assert.equal((await proxy.untilFinished(1))[0]?.reason, undefined);
});

test('an endpoint with a certificate for another name is passed over, and the report says why', async (t) => {
  const wrong = await startTlsServer(t, authority.issue({ dns: ['other.test'] }), (socket) =>
    socket.write('wrong'),
  );
  const right = await startTlsServer(t, authority.issue({ dns: ['db.test'] }), (socket) =>
    socket.write('right'),
  );
  const dialer = testTlsDialer({ ca: authority.cert, serverName: 'db.test' });
  const proxy = await startTcpProxy(t, { endpoints: [wrong, right], dialer, policy: PATIENT });
  for (let i = 0; i < 4; i++) {
    const client = new TcpClient(t, proxy.port);
    await client.untilReceived('right');
    client.socket.resetAndDestroy();
  }
  const failures = (await proxy.untilFinished(4)).flatMap(({ attempts }) =>
    attempts.filter(({ failure }) => failure !== undefined),
  );
  for (const { failureDetail } of failures) {
    assert.match(failureDetail ?? '', /is for other\.test, not for db\.test/);
  }
});

test('an endpoint that refuses us when the connection stands is named, and nothing of it stays', async (t) => {
  const asking = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };
  const port = await startTlsServer(t, authority.issue({ dns: ['db.test'] }), () => {}, asking);
  const dialer = testTlsDialer({ ca: authority.cert, serverName: 'db.test' });
  const proxy = await startTcpProxy(t, { endpoints: [port], dialer, policy: PATIENT });
  for (const words of ['first', 'late']) {
    const client = new TcpClient(t, proxy.port);
    client.socket.on('error', () => {});
    if (words === 'first') client.socket.write(words);
    else client.socket.on('end', () => client.socket.write(words));
    await client.untilClosed();
  }
  for (const { reason, detail } of await proxy.untilFinished(2)) {
    assert.equal(reason, 'tls_failure');
    assert.match(detail ?? '', /asked for a client certificate, and none is configured: set tls\.certFile/);
  }
  assert.equal(proxy.service.active, 0);
});

test('a look at an endpoint of TCP sees whether it accepts us, and leaves what it says to others', async (t) => {
  const asking = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };
  const issued = authority.issue({ dns: ['db.test'] });
  const refusing = await startTlsServer(t, issued, () => {}, asking);
  // Without a ticket there is no session either, only words.
  const speaking = await startTlsServer(t, issued, (socket) => socket.write('220 ready\r\n'), {
    secureOptions: constants.SSL_OP_NO_TICKET,
  });
  const dialer = testTlsDialer({ ca: authority.cert, serverName: 'db.test' });
  const look = (port: number) =>
    probe(dialer, testEndpoint(port), 'tcp', { timeoutMs: 10_000, clock: systemClock });
  const refused = await look(refusing);
  assert.equal(refused.kind === 'unreachable' && refused.code, 'client_certificate_missing');
  assert.deepEqual(await look(speaking), { kind: 'connected', secure: true });
});

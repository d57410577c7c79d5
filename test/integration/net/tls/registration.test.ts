import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TcpDialer } from '../../../../src/net/dial.ts';
import { EitherDialer } from '../../../../src/net/tls/either-dialer.ts';
import { isRegisteredSecure } from '../../../../src/net/tls/registered-secure.ts';
import { newAuthority } from '../../../support/certificates.ts';
import { eventually } from '../../../support/eventually.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { testTlsDialer } from '../../../support/tls-endpoints.ts';
import { startTcpUpstream } from '../../../support/upstreams.ts';

const HANDSHAKE = 0x16;

test('an endpoint that comes to say that it speaks TLS, or no more, is called so from then on', async (t) => {
  const firstBytes: (number | undefined)[] = [];
  const { port } = await startTcpUpstream(t, (socket) =>
    socket.on('data', (chunk: Buffer) => {
      firstBytes.push(chunk[0]);
      if (chunk[0] === HANDSHAKE) socket.destroy();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    }),
  );
  const secure = testTlsDialer({ ca: newAuthority().cert });
  const proxy = await startProxy(t, {
    services: { payments: [port] },
    dialer: new EitherDialer(secure, new TcpDialer(), isRegisteredSecure),
  });
  const call = async () => (await fetch(`${proxy.url}/payments/x`)).status;
  assert.equal(await call(), 200);
  proxy.publish('payments', [{ port, tags: ['secure=true'] }]);
  await eventually(async () => assert.equal(await call(), 503));
  assert.equal(firstBytes.at(-1), HANDSHAKE);
  proxy.publish('payments', [{ port, tags: ['v2'] }]);
  await eventually(async () => assert.equal(await call(), 200));
});

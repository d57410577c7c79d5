// Sessions are resumed, and yet no connection goes without a look at who the endpoint is.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { handshakeFailureOf } from '../../../../src/net/handshake.ts';
import { SessionCache } from '../../../../src/net/tls/session-cache.ts';
import type { TlsDialer } from '../../../../src/net/tls/tls-dialer.ts';
import { newAuthority } from '../../../support/certificates.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { testTarget } from '../../../support/test-transport.ts';
import { startTlsUpstream, testTlsDialer } from '../../../support/tls-endpoints.ts';

const authority = newAuthority();
const DAY_MS = 86_400_000;

/** Connects and asks once. @returns what went wrong, undefined for nothing */
async function visit(
  dialer: TlsDialer,
  port: number,
  resumed?: boolean[],
  spiffePath?: string,
): Promise<string | undefined> {
  const memory = Buffer.alloc(64 * 1024);
  const responded = Promise.withResolvers<void>();
  const reader = { buffer: () => memory, read: () => responded.resolve() };
  const socket = dialer.dial({ ...testTarget(port), spiffePath }, reader, () => {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  });
  socket.prependListener('secureConnect', () => resumed?.push(socket.isSessionReused()));
  const failed = once(socket, 'error').then(([error]) => error as Error);
  const error = await Promise.race([responded.promise, failed]);
  socket.destroy();
  return error === undefined ? undefined : handshakeFailureOf(error)?.fault;
}

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  describe(`with ${maxVersion}`, () => {
    const start = (t: TestContext) =>
      startTlsUpstream(t, { ...authority.issue({ dns: ['payments.test'] }), maxVersion });

    it('a session is resumed', async (t) => {
      const upstream = await start(t);
      const dialer = testTlsDialer({ ca: authority.cert });
      for (let i = 0; i < 3; i++) assert.equal(await visit(dialer, upstream.port), undefined);
      assert.deepEqual(upstream.resumed, [false, true, true]);
    });

    it('a session of an endpoint that is not the one we mean is no way in', async (t) => {
      const upstream = await start(t);
      const sessions = new SessionCache();
      const before = testTlsDialer({ ca: authority.cert, sessions });
      assert.equal(await visit(before, upstream.port), undefined);
      const now = testTlsDialer({
        ca: authority.cert,
        sessions,
        subjectAltNames: ['spiffe://prod.test/payments'],
      });
      const resumed: boolean[] = [];
      assert.equal(await visit(now, upstream.port, resumed), 'wrong_identity');
      assert.deepEqual(resumed, [true]);
    });

    it('a session of one service of the mesh is no way into another, nor into another trust domain', async (t) => {
      const path = '/ns/default/dc/dc1/svc/payments';
      const upstream = await startTlsUpstream(t, {
        ...authority.issue({ uris: [`spiffe://here.consul${path}`], commonName: 'payments' }),
        maxVersion,
      });
      const sessions = new SessionCache();
      const within = (trustDomain: string) =>
        testTlsDialer({ ca: authority.cert, sessions, connect: { trustDomain, as: 'web' } });
      const resumed: boolean[] = [];
      const call = (trustDomain: string, at: string | undefined) =>
        visit(within(trustDomain), upstream.port, resumed, at);
      assert.equal(await call('here.consul', path), undefined);
      assert.equal(await call('here.consul', path), undefined);
      assert.equal(await call('here.consul', '/ns/default/dc/dc1/svc/orders'), 'wrong_identity');
      assert.deepEqual(resumed, [false, true, true]);
      assert.equal(await call('here.consul', undefined), 'wrong_identity');
      assert.equal(await call('elsewhere.consul', path), 'wrong_identity');
      const foreign = testTlsDialer({
        ca: newAuthority('Another').cert,
        connect: { trustDomain: 'here.consul', as: 'web' },
      });
      assert.match((await visit(foreign, upstream.port, [], path)) ?? '', /unknown_authority|self_signed/);
    });

    it('a session does not outlive the certificate that it began with', async (t) => {
      const upstream = await start(t);
      const clock = new FakeClock();
      clock.advance(Date.now() - clock.wallTime());
      const dialer = testTlsDialer({ ca: authority.cert, clock });
      assert.equal(await visit(dialer, upstream.port), undefined);
      clock.advance(2 * DAY_MS);
      assert.equal(await visit(dialer, upstream.port), 'expired');
    });

    it('an endpoint that has forgotten the session makes a whole handshake, with its new identity', async (t) => {
      const upstream = await start(t);
      const dialer = testTlsDialer({ ca: authority.cert });
      assert.equal(await visit(dialer, upstream.port), undefined);
      upstream.setSecureContext({ ...authority.issue({ dns: ['fraud.test'] }), maxVersion });
      assert.equal(await visit(dialer, upstream.port), 'wrong_name');
      assert.equal(upstream.resumed.includes(true), false);
    });
  });
}

// A dozen ways in which a handshake fails, each with its cause and remedy in the response, and never the end of a request
// while there is another endpoint.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type { Issued } from '../../../support/certificates.ts';
import { newAuthority, selfSigned } from '../../../support/certificates.ts';
import { DEFAULT_POLICY, startProxy } from '../../../support/proxy-under-test.ts';
import type { TestDialerOptions } from '../../../support/tls-endpoints.ts';
import { startTlsUpstream, testTlsDialer } from '../../../support/tls-endpoints.ts';
import { startTcpUpstream, startUpstream } from '../../../support/upstreams.ts';

const HOUR_MS = 3_600_000;
const hoursFromNow = (hours: number) => new Date(Date.now() + hours * HOUR_MS);

const authority = newAuthority();
const stranger = newAuthority('Another authority');
const intermediate = authority.authority('Below');
const constrained = authority.authority('For others', 'others.test');
const good = authority.issue({ dns: ['payments.test'] });
const client = authority.issue({ dns: ['our.client'] });

const serving =
  (issued: Issued, more = {}) =>
  (t: TestContext) =>
    startTlsUpstream(t, { ...issued, ...more });
const askingForClients = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };

/** Servers that judge as OpenSSL and Go do send alerts in place of what Node.js's does (RFC 8446 §6). */
const alerting = (description: number) => (t: TestContext) =>
  startTcpUpstream(t, (socket) =>
    socket.once('data', () => socket.end(Buffer.from([0x15, 3, 3, 0, 2, 2, description]))),
  );

interface Case {
  readonly name: string;
  readonly endpoint: (t: TestContext) => Promise<{ readonly port: number }>;
  readonly dialer?: Partial<TestDialerOptions>;
  /** Default: tls_failure. */
  readonly reason?: 'certificate_unavailable';
  readonly detail: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: 'a certificate that has expired',
    endpoint: serving(
      authority.issue({ dns: ['payments.test'], from: hoursFromNow(-48), to: hoursFromNow(-24) }),
    ),
    detail: /has expired: renew it/,
  },
  {
    name: 'a certificate that is not valid yet',
    endpoint: serving(
      authority.issue({ dns: ['payments.test'], from: hoursFromNow(24), to: hoursFromNow(48) }),
    ),
    detail: /is not valid yet: compare the clocks/,
  },
  {
    name: 'a certificate of an unknown authority',
    endpoint: serving(stranger.issue({ dns: ['payments.test'] })),
    detail: /no trusted authority vouches .* tls\.caFile/,
  },
  {
    name: 'an intermediate authority that the endpoint does not send',
    endpoint: serving(intermediate.issue({ dns: ['payments.test'] })),
    detail: /or let the endpoint send its whole chain/,
  },
  {
    name: 'a certificate that is signed by itself',
    endpoint: serving(selfSigned({ dns: ['payments.test'] })),
    detail: /is signed by itself: name that certificate in tls\.caFile/,
  },
  {
    name: 'a key that is too short',
    endpoint: serving(authority.issue({ dns: ['payments.test'], weak: true }), {
      ciphers: 'DEFAULT:@SECLEVEL=0',
    }),
    detail: /has a key that is too short, .*: have it issued with RSA of 2048 bits/,
  },
  {
    name: 'an authority that may not vouch for this name',
    endpoint: (t) => {
      const { cert, key } = constrained.issue({ dns: ['payments.test'] });
      return startTlsUpstream(t, { cert: `${cert}${constrained.cert}`, key });
    },
    detail: /may not vouch for its names \(name constraints\)/,
  },
  {
    name: 'a certificate for another name',
    endpoint: serving(authority.issue({ dns: ['fraud.test'], ips: ['10.0.0.1'] })),
    detail: /is for fraud\.test, 10\.0\.0\.1, not for payments\.test: set tls\.serverName/,
  },
  {
    name: 'a certificate that has its name in CN alone',
    endpoint: serving(authority.issue({ commonName: 'payments.test' })),
    detail: /is for no name \(it has no subjectAltName, and a CN does not count\)/,
  },
  {
    name: 'a certificate with another SPIFFE id',
    endpoint: serving(authority.issue({ uris: ['spiffe://prod.test/fraud'] })),
    dialer: { subjectAltNames: ['spiffe://prod.test/payments'] },
    detail:
      /is for spiffe:\/\/prod\.test\/fraud, which tls\.subjectAltNames \(spiffe:\/\/prod\.test\/payments\)/,
  },
  {
    name: 'a client certificate that is asked for and not configured, with TLS 1.3',
    endpoint: serving(good, askingForClients),
    detail: /asked for a client certificate, and none is configured: set tls\.certFile and tls\.keyFile/,
  },
  {
    name: 'a client certificate that is asked for and not configured, with TLS 1.2',
    endpoint: serving(good, { ...askingForClients, maxVersion: 'TLSv1.2' }),
    detail: /refused the handshake: it may ask for a client certificate/,
  },
  {
    name: 'a client certificate that is refused',
    endpoint: alerting(48),
    dialer: { own: client },
    detail: /refused our client certificate: let it trust the authority of tls\.certFile/,
  },
  {
    name: 'a client certificate that is refused because it has ended',
    endpoint: alerting(45),
    dialer: { own: client, expiresAt: Date.now() - HOUR_MS },
    reason: 'certificate_unavailable',
    detail: /refused our client certificate, which ended at \d{4}-.*: renew tls\.certFile/,
  },
  {
    name: 'an endpoint that has no certificate for that name',
    endpoint: alerting(112),
    detail: /has no certificate for payments\.test: set tls\.serverName/,
  },
  {
    name: 'an endpoint with which there is no cipher in common',
    endpoint: alerting(40),
    detail: /refused the handshake: it may ask for a client certificate .* or it has no cipher/,
  },
  {
    name: 'an endpoint that breaks off for a fault of its own',
    endpoint: alerting(80),
    detail: /broke off the handshake \(alert internal error\): its own log/,
  },
  {
    name: 'an endpoint that is too old',
    endpoint: serving(good, { maxVersion: 'TLSv1.2' }),
    dialer: { minVersion: 'TLSv1.3' },
    detail: /no version of TLS from TLSv1\.3 on: raise its version, or lower tls\.minVersion/,
  },
  {
    name: 'an endpoint that speaks HTTP in the clear',
    endpoint: (t) => startUpstream(t, (_request, response) => response.end()),
    detail: /does not speak TLS at this port: switch tls off .*tls: false/,
  },
  {
    name: 'an endpoint that speaks first, and no TLS',
    endpoint: (t) => startTcpUpstream(t, (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')),
    detail: /does not speak TLS at this port/,
  },
  {
    name: 'an endpoint that speaks another protocol alone',
    endpoint: serving(good, { ALPNProtocols: ['ftp'] }),
    detail: /none of the protocols offered by ALPN \(h2, http\/1\.1\)/,
  },
  {
    name: 'an endpoint that resets the connection',
    endpoint: (t) => startTcpUpstream(t, (socket) => socket.on('data', () => socket.resetAndDestroy())),
    detail: /closed the connection during the handshake/,
  },
  {
    name: 'an endpoint that refuses a client certificate without an alert, with TLS 1.2',
    endpoint: serving(good, { ...askingForClients, ca: stranger.cert, maxVersion: 'TLSv1.2' }),
    dialer: { own: client },
    detail: /closed the connection during the handshake: .* or refuse our client certificate/,
  },
  {
    name: 'an endpoint that closes the connection',
    endpoint: (t) => startTcpUpstream(t, (socket) => socket.on('data', () => socket.end())),
    detail: /closed the connection during the handshake/,
  },
  {
    name: 'an endpoint that says nothing',
    endpoint: (t) => startTcpUpstream(t, () => {}),
    detail: /the handshake was not over in time .* does it speak TLS there\?/,
  },
];

const connectingSoon = (timeoutMs: number) => ({
  ...DEFAULT_POLICY,
  timeout: { ...DEFAULT_POLICY.timeout, connect: timeoutMs },
});

describe('a handshake that fails', () => {
  for (const { name, endpoint, dialer, reason = 'tls_failure', detail } of CASES) {
    it(`says so: ${name}`, async (t) => {
      const bad = await endpoint(t);
      const proxy = await startProxy(t, {
        services: { payments: [bad.port] },
        policy: () => connectingSoon(300),
        dialer: testTlsDialer({ ca: authority.cert, ...dialer }),
      });
      const response = await fetch(`${proxy.url}/payments/charge`, { method: 'POST', body: 'x' });
      const problem = (await response.json()) as { reason: string; detail: string };
      assert.equal(problem.reason, reason);
      assert.equal(response.status, 503);
      assert.match(problem.detail, detail);
      const [facts] = await proxy.untilFinished(1);
      assert.equal(facts?.attempts[0]?.failure, reason);
    });
  }

  it('is never the end of a request, whatever its method, while there is another endpoint', async (t) => {
    const refusing = await serving(stranger.issue({ dns: ['payments.test'] }))(t);
    // Only when the request has left, as far as we can see, does this one refuse it.
    const refusingLate = await serving(good, { ...askingForClients, ca: stranger.cert })(t);
    const sound = await startTlsUpstream(t, good);
    const proxy = await startProxy(t, {
      services: { payments: [refusing.port, refusingLate.port, sound.port] },
      dialer: testTlsDialer({ ca: authority.cert }),
    });
    for (let i = 0; i < 6; i++) {
      const response = await fetch(`${proxy.url}/payments/charge`, { method: 'POST', body: 'x' });
      assert.equal(response.status, 200, await response.clone().text());
      assert.equal(await response.text(), 'secure');
    }
    assert.deepEqual(sound.seen, Array(6).fill('POST /charge'));
    assert.deepEqual([...refusing.seen, ...refusingLate.seen], []);
  });
});

describe('a client certificate that an endpoint refuses without an alert, when the handshake is over for us', () => {
  const refusing = serving(good, { ...askingForClients, ca: stranger.cert });
  for (const [name, expiresAt, detail] of [
    ['is one thing to look at', undefined, /does it speak HTTP at this port, and accept our certificate\?/],
    ['is the first one where it has ended', Date.now() - HOUR_MS, /our certificate has ended: renew it/],
  ] as const) {
    it(name, async (t) => {
      const upstream = await refusing(t);
      const proxy = await startProxy(t, {
        services: { payments: [upstream.port] },
        dialer: testTlsDialer({ ca: authority.cert, own: client, expiresAt }),
      });
      const response = await fetch(`${proxy.url}/payments/charge`, { method: 'POST', body: 'x' });
      const problem = (await response.json()) as { reason: string; detail: string };
      assert.equal(problem.reason, 'upstream_reset');
      assert.match(problem.detail, detail);
    });
  }
});

describe('a handshake that succeeds', () => {
  const names = [
    { name: 'by its name', issued: good, dialer: {} },
    {
      name: 'by a wildcard',
      issued: authority.issue({ dns: ['*.mesh.test'] }),
      dialer: { serverName: 'payments.mesh.test' },
    },
    {
      name: 'by its address, where no name is configured',
      issued: authority.issue({ ips: ['127.0.0.1'] }),
      dialer: { serverName: undefined },
    },
    {
      name: 'by one of several names',
      issued: authority.issue({ dns: ['b.test'] }),
      dialer: { subjectAltNames: ['a.test', 'b.test'] },
    },
    {
      name: 'by its SPIFFE id',
      issued: authority.issue({ uris: ['spiffe://prod.test/payments'] }),
      dialer: { subjectAltNames: ['spiffe://prod.test/payments'] },
    },
    {
      name: 'by an authority that is named without the one above it',
      issued: intermediate.issue({ dns: ['payments.test'] }),
      dialer: { ca: intermediate.cert },
    },
    { name: 'by its own certificate, which is named itself', issued: good, dialer: { ca: good.cert } },
    { name: 'unverified', issued: selfSigned({ dns: ['x.test'] }), dialer: { verify: false } },
  ];
  for (const { name, issued, dialer } of names) {
    it(name, async (t) => {
      const upstream = await startTlsUpstream(t, issued);
      const proxy = await startProxy(t, {
        services: { payments: [upstream.port] },
        dialer: testTlsDialer({ ca: authority.cert, ...dialer }),
      });
      const response = await fetch(`${proxy.url}/payments/charge`);
      assert.equal(await response.text(), 'secure');
    });
  }

  it('with a client certificate', async (t) => {
    const upstream = await startTlsUpstream(t, { ...good, ...askingForClients });
    const proxy = await startProxy(t, {
      services: { payments: [upstream.port] },
      dialer: testTlsDialer({ ca: authority.cert, own: client }),
    });
    assert.equal((await fetch(`${proxy.url}/payments/charge`)).status, 200);
  });
});

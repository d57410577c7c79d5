// Who is refused in Consul's service mesh, and with which reason: endpoints that are not what Consul says, and tokens that
// may not have a certificate.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import { knownAuthority, newAuthority } from '../../support/certificates.ts';
import { registerConnectProxy, startConnectProxy } from '../../support/connect-proxy.ts';
import { startConsulAgent, tokenWith } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startTlsUpstream } from '../../support/tls-endpoints.ts';
import { startUpstream } from '../../support/upstreams.ts';

const AS_WEB = { mode: 'connect', connectAs: 'web' };

test('endpoints with a certificate that has ended, of a foreign authority or of another service are refused, each with its reason', async (t) => {
  const consul = await startConsulAgent(t, { config: { connect: { enabled: true } } });
  // An authority whose key is known here can make what Consul's never would.
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  await consul.request('PUT', '/v1/connect/ca/configuration', {
    Provider: 'consul',
    Config: { PrivateKey: privateKey.export({ type: 'sec1', format: 'pem' }), RootCert: '' },
  });
  const { TrustDomain: domain, Roots: roots } = (await consul.request('GET', '/v1/connect/ca/roots')) as {
    readonly TrustDomain: string;
    readonly Roots: readonly { readonly RootCert: string; readonly Active: boolean }[];
  };
  const mesh = knownAuthority(roots.find(({ Active }) => Active)?.RootCert ?? '', privateKey);
  const id = (service: string) => `spiffe://${domain}/ns/default/dc/dc1/svc/${service}`;
  const hour = 3_600_000;
  const past = { from: new Date(Date.now() - 2 * hour), to: new Date(Date.now() - hour) };
  const endpoints = {
    sound: mesh.issue({ uris: [id('sound')] }),
    ended: mesh.issue({ uris: [id('ended')], ...past }),
    foreign: newAuthority().issue({ uris: [id('foreign')] }),
    other: mesh.issue({ uris: [id('sound')] }),
    elsewhere: mesh.issue({ uris: [id('elsewhere').replace(domain, 'other.consul')] }),
  };
  for (const [name, issued] of Object.entries(endpoints)) {
    const { port } = await startTlsUpstream(t, issued);
    await registerConnectProxy(consul, name, port);
  }
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: { defaults: { tls: AS_WEB } },
  });
  await eventually(async () => assert.equal((await call(ambassador, 'sound')).status, 200));
  const detail = async (service: string) => {
    const { status, text } = await call(ambassador, service);
    assert.equal(status, 503, text);
    const problem = JSON.parse(text) as { reason: string; detail: string };
    assert.equal(problem.reason, 'tls_failure');
    return problem.detail;
  };
  assert.match(await detail('ended'), /has expired/);
  assert.match(
    await detail('foreign'),
    /no authority of Consul Connect vouches for the endpoint's certificate/,
  );
  assert.match(await detail('other'), /is for spiffe:\S+\/svc\/sound, not for spiffe:\S+\/svc\/other/);
  assert.match(await detail('elsewhere'), /is for spiffe:\/\/other\.consul\S+, not for spiffe:/);
});

test('a token without service:write gets no certificate, which is named, and one that loses it keeps the certificate', async (t) => {
  const consul = await startConsulAgent(t, { acl: true, config: { connect: { enabled: true } } });
  const upstream = await startUpstream(t, (_request, response) => response.end('paid'));
  await startConnectProxy(t, consul, 'payments', upstream.port);
  await consul.request('POST', '/v1/connect/intentions', {
    SourceName: 'web',
    DestinationName: 'payments',
    Action: 'allow',
  });
  const reading = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }';
  const reader = await tokenWith(consul, reading);
  const writer = await tokenWith(consul, `${reading} service "web" { policy = "write" }`);
  const tokenFile = join(temporaryFolder(), 'token');
  writeFileSync(tokenFile, reader.secret);
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: {
      consul: { address: consul.address, tokenFile },
      defaults: { tls: AS_WEB, circuitBreaker: { enabled: false } },
    },
  });
  await eventually(async () => {
    const { status, text } = await call(ambassador, 'payments');
    assert.equal(status, 503);
    assert.match(
      text,
      /Consul answered 403.*the token needs the rule service \\"web\\" { policy = \\"write\\" }/,
    );
  });
  writeFileSync(tokenFile, writer.secret);
  await eventually(async () => assert.equal((await call(ambassador, 'payments')).text, 'paid'), 40_000);

  writeFileSync(tokenFile, reader.secret);
  await consul.request('DELETE', `/v1/acl/token/${writer.accessor}`);
  for (let i = 0; i < 5; i++) assert.equal((await call(ambassador, 'payments')).text, 'paid');
});

async function call(
  ambassador: AmbassadorProcess,
  service: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(`${ambassador.url}/${service}/`, { headers: { connection: 'close' } });
  return { status: response.status, text: await response.text() };
}

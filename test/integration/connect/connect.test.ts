// Consul Connect, called natively: a real Consul with its authority, and its own built-in proxies before the services.

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { ServiceView } from '../../../src/admin/service-view.ts';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { registerConnectProxy, startConnectProxy } from '../../support/connect-proxy.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startHttp2Upstream } from '../../support/http2-upstreams.ts';
import { startTcpUpstream, startUpstream } from '../../support/upstreams.ts';

interface Problem {
  readonly reason: string;
  readonly detail: string;
}

const CONNECT = { mode: 'connect' };

/** Consul may take half a minute to renew the certificates of a new authority, in milliseconds. */
const RENEWAL_MS = 60_000;

test('Consul Connect', async (t) => {
  const consul = await startConsulAgent(t, {
    // Consul would spread the new certificates over half a minute.
    config: { connect: { enabled: true, test_ca_leaf_root_change_spread: '1ns' } },
  });
  const { port: payments } = await startUpstream(t, (request, response) =>
    response.end(`paid ${request.url}`),
  );
  const { port: fees } = await startHttp2Upstream(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.end('fees');
  });
  const { port: echo } = await startTcpUpstream(t, (socket) => socket.pipe(socket));
  const proxy = await startConnectProxy(t, consul, 'payments', payments);
  await startConnectProxy(t, consul, 'fees', fees);
  await startConnectProxy(t, consul, 'echo', echo);
  // Where its proxy should listen, another one does.
  await registerConnectProxy(consul, 'orders', proxy);
  await consul.register({ name: 'plain', port: payments, status: 'none' });
  await consul.request('POST', '/v1/connect/intentions', {
    SourceName: 'banned',
    DestinationName: 'payments',
    Action: 'deny',
  });
  const start = (connectAs: string) =>
    startAmbassador(t, {
      consul: consul.address,
      config: {
        defaults: { tls: { ...CONNECT, connectAs } },
        services: {
          fees: { protocol: 'h2c' },
          echo: { protocol: 'tcp', listen: '127.0.0.1:0' },
          plain: { tls: false },
        },
        logLevel: 'info',
      },
    });
  const [ambassador, banned] = await Promise.all([start('web'), start('banned')]);
  await ambassador.untilReady();
  const text = async (path: string) => (await fetch(`${ambassador.url}${path}`)).text();

  await t.test('carries HTTP/1.1, HTTP/2 and TCP to the proxies of services', async () => {
    assert.equal(await text('/payments/a'), 'paid /a');
    assert.equal(await text('/fees/'), 'fees');
    assert.equal(await text('/plain/b'), 'paid /b');
    const [host = '', port] = String((await ambassador.logged(/^listening on .*echo/))['address']).split(':');
    const client = connect(Number(port), host);
    client.write('hello');
    assert.equal(String((await once(client, 'data'))[0]), 'hello');
    client.destroy();
  });

  await t.test(
    'an endpoint that is another service is refused, on its first connection and on later ones',
    async () => {
      for (let call = 0; call < 3; call++) {
        const { reason, detail } = await problem(ambassador, '/orders/');
        assert.equal(reason, 'tls_failure');
        assert.match(
          detail,
          /certificate is for spiffe:\/\/\S+\/svc\/payments, not for spiffe:\/\/\S+\/svc\/orders/,
        );
      }
    },
  );

  await t.test('an intention that denies the call is named', async () => {
    const { reason, detail } = await problem(banned, '/payments/');
    assert.equal(reason, 'tls_failure');
    assert.match(detail, /an intention in Consul denies banned to call this service/);
  });

  await t.test('it is named as often as it denies, and held against no endpoint', async () => {
    for (let call = 0; call < 20; call++) {
      assert.equal((await problem(banned, '/payments/')).reason, 'tls_failure');
    }
    const { circuit, endpointCounts } = (await banned.admin('/api/services/payments')) as ServiceView;
    assert.deepEqual([circuit?.state, circuit?.failures, endpointCounts.ejected], ['closed', 0, 0]);
  });

  await t.test(
    'calls go on while the authority is replaced, and new connections trust the new one',
    async () => {
      const failures: string[] = [];
      let calls = 0;
      let rotating = true;
      const traffic = Promise.all(
        [1, 2].map(async () => {
          while (rotating) {
            const response = await fetch(`${ambassador.url}/payments/`);
            const body = await response.text();
            calls++;
            if (response.status !== 200) failures.push(body);
          }
        }),
      );
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
      await consul.request('PUT', '/v1/connect/ca/configuration', {
        Provider: 'consul',
        Config: {
          PrivateKey: privateKey.export({ type: 'sec1', format: 'pem' }),
          RootCert: '',
          LeafCertTTL: '72h',
          RotationPeriod: '2160h',
        },
      });
      const both = await eventually(() => {
        const record = ambassador.log.find(({ roots }) => roots === 2);
        assert.ok(record !== undefined);
        return record;
      }, RENEWAL_MS);
      assert.match(String(both['msg']), /^Consul Connect: new connections show the certificate of web/);
      const before = calls;
      await eventually(() => assert.ok(calls > before + 20));
      // At first, with the new root, and with a certificate by it, in either order.
      await eventually(
        () => assert.ok(ambassador.log.filter(({ roots }) => roots !== undefined).length > 2),
        RENEWAL_MS,
      );
      const then = calls;
      await eventually(() => assert.ok(calls > then + 20));
      rotating = false;
      await traffic;
      assert.deepEqual(failures, []);
    },
  );
});

test('where Consul has no Connect, calls are refused with the reason, and the start is not held up', async (t) => {
  const consul = await startConsulAgent(t, { config: { connect: { enabled: false } } });
  await consul.register({
    name: 'payments-proxy',
    port: 1,
    status: 'none',
    extra: { Kind: 'connect-proxy', Proxy: { DestinationServiceName: 'payments' } },
  });
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: { services: { payments: { tls: { ...CONNECT, connectAs: 'web' } } } },
  });
  for (let call = 0; call < 20; call++) {
    const { reason } = await problem(ambassador, '/payments/');
    assert.equal(reason, 'certificate_unavailable');
  }
  const { circuit, endpointCounts } = (await ambassador.admin('/api/services/payments')) as ServiceView;
  assert.deepEqual([circuit?.state, circuit?.failures, endpointCounts.ejected], ['closed', 0, 0]);
  const { detail } = await problem(ambassador, '/payments/');
  assert.match(detail, /there is no certificate of web for Consul Connect yet: Consul answered 500/);
});

async function problem(ambassador: AmbassadorProcess, path: string): Promise<Problem> {
  return eventually(async () => {
    const response = await fetch(`${ambassador.url}${path}`);
    assert.equal(response.status, 503);
    return (await response.json()) as Problem;
  });
}

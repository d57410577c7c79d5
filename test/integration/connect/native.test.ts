// An application that takes connections of the mesh by itself, registered by the ambassador beside it: called by another
// ambassador and by Consul's own proxy, and calling as itself.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { startConnectProxy, startConnectUpstream } from '../../support/connect-proxy.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startUpstream } from '../../support/upstreams.ts';

interface HealthRow {
  readonly Service: {
    readonly Connect: { readonly Native?: boolean };
    readonly TaggedAddresses: Readonly<Record<string, { readonly Address: string; readonly Port: number }>>;
  };
}

test('an application of the mesh is registered with its further addresses, called through the mesh, and calls as itself', async (t) => {
  const consul = await startConsulAgent(t, { config: { connect: { enabled: true } } });
  const { port: paymentsPort } = await startUpstream(t, (_request, response) => response.end('paid'));
  const [port] = await Promise.all([
    startNative(t, consul, 'orders'),
    startConnectProxy(t, consul, 'payments', paymentsPort),
  ]);
  for (const [source, destination, action] of [
    ['orders', 'payments', 'allow'],
    ['*', 'payments', 'deny'],
  ]) {
    await consul.request('POST', '/v1/connect/intentions', {
      SourceName: source,
      DestinationName: destination,
      Action: action,
    });
  }
  const [beside, caller] = await Promise.all([
    startAmbassador(t, {
      consul: consul.address,
      config: {
        register: {
          ...{ name: 'orders', port, address: '127.0.0.1' },
          taggedAddresses: { wan: { address: '203.0.113.7', port: 443 }, pod: { address: '10.1.2.3' } },
          connect: { native: true },
        },
        defaults: { tls: { mode: 'connect' } },
      },
    }),
    startAmbassador(t, {
      consul: consul.address,
      config: { defaults: { tls: { mode: 'connect', connectAs: 'web' } } },
    }),
  ]);
  const row = await eventually(async () => {
    const [only] = (await consul.request('GET', '/v1/health/connect/orders?passing')) as HealthRow[];
    assert.ok(only !== undefined);
    return only;
  });
  assert.equal(row.Service.Connect.Native, true);
  assert.deepEqual(row.Service.TaggedAddresses['wan'], { Address: '203.0.113.7', Port: 443 });
  assert.deepEqual(row.Service.TaggedAddresses['pod'], { Address: '10.1.2.3', Port: port });

  const text = async (url: string) => (await fetch(url)).text();
  await eventually(async () =>
    assert.match(await text(`${caller.url}/orders/`), /^ordered by spiffe:\S+\/svc\/web$/),
  );
  const proxied = await startConnectUpstream(t, consul, 'billing', 'orders');
  await eventually(async () =>
    assert.match(await text(`http://127.0.0.1:${proxied}/`), /^ordered by spiffe:\S+\/svc\/billing$/),
  );
  await eventually(async () => assert.equal(await text(`${beside.url}/payments/`), 'paid'));
});

/** Says who calls. @returns its port */
async function startNative(t: TestContext, consul: ConsulAgent, service: string): Promise<number> {
  const leaf = (await consul.request('GET', `/v1/agent/connect/ca/leaf/${service}`)) as Record<
    string,
    string
  >;
  const { Roots: roots } = (await consul.request('GET', '/v1/agent/connect/ca/roots')) as {
    readonly Roots: readonly { readonly RootCert: string }[];
  };
  const http = createServer((request, response) => {
    const { subjectaltname } = Object(request.socket).getPeerCertificate();
    response.end(`ordered by ${String(subjectaltname).replace('URI:', '')}`);
  });
  const server = createTlsServer(
    {
      ...{ cert: leaf['CertPEM'], key: leaf['PrivateKeyPEM'], ca: roots.map(({ RootCert }) => RootCert) },
      ...{ requestCert: true, rejectUnauthorized: true },
      // Consul's proxy offers nothing else, whatever is spoken then.
      ALPNProtocols: ['h2'],
    },
    (socket) => {
      socket.on('error', () => {});
      http.emit('connection', socket);
    },
  );
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    http.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

// Services that are in Consul's mesh and services that are not, behind one setting.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceView } from '../../../src/admin/service-view.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { registerConnectProxy, startConnectProxy } from '../../support/connect-proxy.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startUpstream } from '../../support/upstreams.ts';

test('services of the mesh are called through it, others in the clear, and one that has joined it never again in the clear', async (t) => {
  const consul = await startConsulAgent(t, { config: { connect: { enabled: true } } });
  const [clear, behind] = await Promise.all([
    startUpstream(t, (_request, response) => response.end('in the clear')),
    startUpstream(t, (_request, response) => response.end('through the mesh')),
  ]);
  const proxy = await startConnectProxy(t, consul, 'payments', behind.port);
  await consul.register({ name: 'orders', port: clear.port });
  await consul.register({ name: 'joining', port: clear.port });
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: {
      defaults: { tls: { mode: 'auto', connectAs: 'web' }, circuitBreaker: false },
      services: { fixed: { discover: { endpoints: [`127.0.0.1:${clear.port}`] } } },
    },
  });
  await ambassador.untilReady();
  const text = async (service: string) => (await fetch(`${ambassador.url}/${service}/`)).text();
  await eventually(async () => assert.equal(await text('payments'), 'through the mesh'));
  for (const service of ['orders', 'joining', 'fixed']) assert.equal(await text(service), 'in the clear');

  await startConnectProxy(t, consul, 'joining', behind.port);
  await eventually(async () => assert.equal(await text('joining'), 'through the mesh'));
  await consul.register({ name: 'joining', port: clear.port });
  await consul.deregister('joining-proxy');
  await eventually(async () => {
    const { endpoints } = (await ambassador.admin('/api/services/joining')) as ServiceView;
    assert.deepEqual(endpoints, []);
  });
  assert.match(await text('joining'), /no_endpoints|no endpoint/);
  await registerConnectProxy(consul, 'joining', proxy);
  await eventually(async () => assert.match(await text('joining'), /svc\/payments, not for/));
});

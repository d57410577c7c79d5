// What later versions of Consul answer, which the one of these tests cannot be made to: scripted in the shapes of their
// documentation, through the whole ambassador.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceView } from '../../../src/admin/service-view.ts';
import { runAmbassador, startAmbassador } from '../../support/ambassador-process.ts';
import type { Instance, Seen } from '../../support/chain-world.ts';
import { startInstance } from '../../support/chain-world.ts';
import { compiledChain, target } from '../../support/compiled-chains.ts';
import { eventually } from '../../support/eventually.ts';
import { startScriptedConsul } from '../../support/scripted-consul.ts';

test('balancing by hash, header changes, retries, peers and timeouts of later versions are followed, and the rest is named', async (t) => {
  const consul = await startScriptedConsul(t);
  consul.node = { Node: 'node-1', Locality: { Region: 'eu', Zone: 'eu-1' } };
  const [one, two, three, cloud] = await Promise.all(
    ['one', 'two', 'three', 'cloud'].map((name) => startInstance(t, name)),
  );
  assert.ok(one !== undefined && two !== undefined && three !== undefined && cloud !== undefined);
  let here = [one, two, three].map((instance) => row(instance, 'passing'));
  consul.always('health', ({ parameters, index }) => {
    const body = parameters.get('peer') === 'cloud' ? [row(cloud, 'passing')] : here;
    const known = Number(index) >= version;
    return known ? 'hang' : { index: version, body };
  });
  let version = 5;
  consul.serve('catalog', 5, { consul: [], payments: [] });
  consul.configure(
    {
      'service-router': [entry('service-router')],
      'service-resolver': [entry('service-resolver')],
      'service-defaults': [DEFAULTS],
    },
    { payments: LATER },
  );
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();
  const call = async (path: string, user = '7') => {
    const response = await fetch(`${ambassador.url}/payments${path}`, { headers: { 'x-user': user } });
    return { response, seen: (await response.json()) as Seen };
  };

  // Consul 1.10: RequestHeaders and ResponseHeaders of routes; 1.9: LoadBalancer.
  const { response, seen } = await call('/v2/charge');
  assert.deepEqual([seen.headers['x-route'], response.headers.get('x-answered')], ['v2', 'yes']);
  for (let i = 0; i < 10; i++) assert.equal((await call('/v2/charge')).seen.instance, seen.instance);
  const others = await Promise.all(Array.from({ length: 30 }, (_, i) => call('/v2/charge', `user-${i}`)));
  assert.ok(new Set(others.map((other) => other.seen.instance)).size > 1);

  const view = (await ambassador.admin('/api/services/payments')) as ServiceView;
  const notDone = view.chain?.notDone.join('\n') ?? '';
  for (const asked of ['PrioritizeByLocality', 'Fortune', 'ExternalSNI'])
    assert.ok(notDone.includes(asked), notDone);
  const { stdout } = await runAmbassador('endpoints', 'payments', '--admin', ambassador.adminUrl);
  assert.match(stdout, /PrioritizeByLocality/);
  const explained = await runAmbassador('explain', '/payments/v2/charge', '--admin', ambassador.adminUrl);
  assert.match(
    explained.stdout,
    /takes route 1 of 2 of Consul's entries \(path .*\): to payments \(else payments@peer:cloud\)\n/,
  );
  assert.match(explained.stdout, /, 7 s to connect;/);

  // Consul 1.16: RetryOn.
  for (const instance of [one, two, three]) instance.status = 503;
  assert.equal((await call('/v2/charge')).response.status, 503);
  assert.equal(one.requests + two.requests + three.requests > 42, true, 'it was sent again');
  for (const instance of [one, two, three]) instance.status = 200;

  // Consul 1.13: failover to a cluster peer.
  here = [one, two, three].map((instance) => row(instance, 'critical'));
  version++;
  consul.serve('health', version, []);
  await eventually(async () => assert.equal((await call('/v1')).seen.instance, 'cloud'));
  const { chain } = (await ambassador.admin('/api/services/payments')) as ServiceView;
  assert.ok(
    chain?.routes.some(({ splits }) =>
      splits.some(({ tiers }) => tiers.some((tier) => tier.target === 'payments@peer:cloud')),
    ),
  );

  // Defaults alone make no routes, and are named all the same.
  consul.configure({ 'service-defaults': [DEFAULTS] }, {});
  await eventually(async () => {
    const { chain: left } = (await ambassador.admin('/api/services/payments')) as ServiceView;
    assert.deepEqual(left?.notDone, ['service-defaults: ExternalSNI has no effect here']);
    assert.deepEqual(
      left.routes.map(({ splits }) => splits.map(({ tiers }) => tiers.map((tier) => tier.target))),
      [[['payments']]],
    );
  });

  // Consul 1.17: instances of our own zone, then of our region, then the others.
  here = [row(one, 'passing', 'eu-1'), row(two, 'passing', 'eu-2'), row(three, 'passing')];
  version++;
  consul.serve('health', version, []);
  consul.configure({ 'service-resolver': [entry('service-resolver')] }, { payments: BY_LOCALITY });
  const tiers = async () => {
    const { chain: nearest } = (await ambassador.admin('/api/services/payments')) as ServiceView;
    return nearest?.routes[0]?.splits[0]?.tiers.map(({ target: name, usable, share }) => [
      name,
      usable,
      share,
    ]);
  };
  await eventually(async () =>
    assert.deepEqual(await tiers(), [
      ['payments (zone eu-1)', 1, 1],
      ['payments (region eu)', 1, 0],
      ['payments (elsewhere)', 1, 0],
    ]),
  );
  for (let i = 0; i < 10; i++) assert.equal((await call('/v1')).seen.instance, 'one');
  here = [row(one, 'critical', 'eu-1'), row(two, 'passing', 'eu-2'), row(three, 'passing')];
  version++;
  consul.serve('health', version, []);
  await eventually(async () => assert.equal((await call('/v1')).seen.instance, 'two'));
  for (let i = 0; i < 10; i++) assert.equal((await call('/v1')).seen.instance, 'two');

  // Without entries its requests go to it alone again.
  consul.configure({}, {});
  await eventually(async () =>
    assert.equal(((await ambassador.admin('/api/services/payments')) as ServiceView).chain, null),
  );
});

const DEFAULTS = {
  ...entry('service-defaults'),
  ...{ Protocol: 'http', MeshGateway: {}, Expose: {}, ExternalSNI: 'payments.example.com' },
};

function entry(kind: string): object {
  return { Kind: kind, Name: 'payments' };
}

function row({ name, port }: Instance, status: string, zone?: string): object {
  const locality = zone === undefined ? {} : { Locality: { Region: 'eu', Zone: zone } };
  return {
    Node: { ID: name, Node: name, Address: '127.0.0.1', Datacenter: 'dc1', ...locality },
    Service: {
      ID: name,
      Service: 'payments',
      Tags: [],
      Address: '127.0.0.1',
      Port: port,
      Weights: { Passing: 1, Warning: 1 },
    },
    Checks: [{ CheckID: `service:${name}`, Name: 'test', Status: status, Output: '' }],
  };
}

const BY_LOCALITY = compiledChain({
  start: 'resolver:payments',
  nodes: {
    'resolver:payments': {
      Type: 'resolver',
      Resolver: { Target: 'payments.default.dc1', PrioritizeByLocality: { Mode: 'failover' } },
    },
  },
  targets: [target('payments')],
});

const LATER = compiledChain({
  start: 'router:payments',
  nodes: {
    'router:payments': {
      Type: 'router',
      Routes: [
        {
          Definition: {
            Match: { HTTP: { PathPrefix: '/V2', CaseInsensitive: true } },
            Destination: {
              RetryOn: ['5xx'],
              NumRetries: 2,
              IdleTimeout: '60s',
              RequestHeaders: { Set: { 'x-route': 'v2' } },
              ResponseHeaders: { Add: { 'x-answered': 'yes' } },
            },
          },
          NextNode: 'resolver:payments',
        },
        {
          Definition: {
            Match: { HTTP: { PathPrefix: '/' } },
            Destination: { Fortune: 'of a later version' },
          },
          NextNode: 'resolver:payments',
        },
      ],
    },
    'resolver:payments': {
      Type: 'resolver',
      LoadBalancer: {
        Policy: 'ring_hash',
        RingHashConfig: { MinimumRingSize: 256, MaximumRingSize: 512 },
        HashPolicies: [{ Field: 'header', FieldValue: 'x-user' }, { SourceIP: true }],
      },
      Resolver: {
        ConnectTimeout: '7s',
        RequestTimeout: '9s',
        Target: 'payments.default.dc1',
        PrioritizeByLocality: { Mode: 'of a later version' },
        Failover: { Targets: ['payments.default.peer'] },
      },
    },
  },
  targets: [target('payments'), target('payments', { peer: 'cloud' })],
});

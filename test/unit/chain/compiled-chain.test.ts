import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readCompiledChain } from '../../../src/chain/compiled-chain.ts';
import { compiledChain, target } from '../../support/compiled-chains.ts';

test('a chain without entries is one destination, the service itself', () => {
  const model = readCompiledChain(
    compiledChain({
      start: 'resolver:payments',
      nodes: {
        'resolver:payments': {
          Type: 'resolver',
          Resolver: { ConnectTimeout: '5s', Default: true, Target: 'payments.default.dc1' },
        },
      },
      targets: [target('payments')],
    }),
  );
  assert.equal(model?.routes.length, 1);
  const [split] = model?.routes[0].splits ?? [];
  assert.deepEqual(
    split?.destination.tiers.map(({ label }) => label),
    ['payments'],
  );
  assert.equal(split?.destination.tiers[0].connectTimeoutMs, undefined, "Consul's default says nothing");
  assert.equal(split?.destination.tiers[0].datacenter, undefined, 'the datacenter is the own one');
  assert.deepEqual(model?.notDone, []);
});

test('routes, splits, subsets and failover are read in their order', () => {
  const model = readCompiledChain(
    compiledChain({
      start: 'router:payments',
      nodes: {
        'router:payments': {
          Type: 'router',
          Routes: [
            {
              Definition: {
                Match: { HTTP: { PathPrefix: '/admin', Methods: ['GET'] } },
                Destination: {
                  Service: 'admin',
                  PrefixRewrite: '/',
                  RequestTimeout: '7s',
                  NumRetries: 3,
                  RetryOnConnectFailure: true,
                  RetryOnStatusCodes: [503],
                },
              },
              NextNode: 'resolver:admin',
            },
            {
              Definition: { Match: { HTTP: { PathPrefix: '/' } }, Destination: { Service: 'payments' } },
              NextNode: 'splitter:payments',
            },
          ],
        },
        'splitter:payments': {
          Type: 'splitter',
          Splits: [
            { Weight: 90, NextNode: 'resolver:v1' },
            { Weight: 10, NextNode: 'resolver:v2' },
          ],
        },
        'resolver:admin': {
          Type: 'resolver',
          Resolver: { ConnectTimeout: '5s', Target: 'admin.default.dc1' },
        },
        'resolver:v1': {
          Type: 'resolver',
          Resolver: {
            ConnectTimeout: '3s',
            Target: 'v1.payments.default.dc1',
            Failover: { Targets: ['v1.payments.default.dc2', 'admin.default.dc1'] },
          },
        },
        'resolver:v2': {
          Type: 'resolver',
          Resolver: { ConnectTimeout: '5s', Target: 'v2.payments.default.dc1' },
        },
      },
      targets: [
        target('admin'),
        target('payments', { subset: 'v1', filter: 'Service.Meta.version == v1', onlyPassing: true }),
        target('payments', { subset: 'v1', filter: 'Service.Meta.version == v1', datacenter: 'dc2' }),
        target('payments', { subset: 'v2', filter: 'Service.Meta.version == v2' }),
      ],
    }),
  );
  const [admin, rest] = model?.routes ?? [];
  assert.deepEqual(admin?.match?.methods, new Set(['GET']));
  const { changes } = admin?.splits[0].destination ?? assert.fail();
  assert.deepEqual(changes.path, { prefix: '/admin', replacement: '' });
  assert.equal(changes.requestTimeoutMs, 7_000);
  assert.equal(changes.retryAttempts, 3);
  assert.deepEqual(changes.retryOn, {
    conditions: new Set(['connectFailure']),
    statuses: new Set([503]),
    grpc: new Set(),
  });
  assert.equal(rest?.match, undefined);
  assert.deepEqual(
    rest?.splits.map(({ weight }) => Math.round(weight * 100)),
    [90, 10],
  );
  const [v1, v2] = rest?.splits.map(({ destination }) => destination.tiers) ?? [];
  assert.deepEqual(
    v1?.map(({ label, datacenter }) => [label, datacenter]),
    [
      ['payments/v1', undefined],
      ['payments/v1@dc2', 'dc2'],
      ['admin', undefined],
    ],
  );
  assert.equal(v1?.[0].connectTimeoutMs, 3_000);
  assert.equal(v1?.[0].onlyPassing, true);
  assert.equal(v2?.[0].filter, 'Service.Meta.version == v2');
  assert.deepEqual(model?.notDone, []);
});

test('what is asked for and not done is named', () => {
  const model = readCompiledChain(
    compiledChain({
      start: 'router:payments',
      nodes: {
        'router:payments': {
          Type: 'router',
          Routes: [
            {
              Definition: {
                Match: { HTTP: { PathRegex: '\\pL', Body: { Exact: 'a' } } },
                Destination: {
                  PrefixRewrite: '/y',
                  RetryOn: ['5xx', 'envoy-ratelimited', 'unavailable'],
                  RequestHeaders: {
                    Set: { host: 'other', 'x-team': 'shop', 'x-ip': '%DOWNSTREAM_REMOTE_ADDRESS%' },
                  },
                },
              },
              NextNode: 'resolver:payments',
            },
          ],
        },
        'resolver:payments': {
          Type: 'resolver',
          LoadBalancer: {
            Policy: 'ring_hash',
            HashPolicies: [{ Field: 'query_parameter', FieldValue: 'id' }],
          },
          Resolver: {
            ConnectTimeout: '5s',
            Target: 'payments.default.dc1',
            PrioritizeByLocality: { Mode: 'of a later version' },
            Failover: { Targets: ['payments.default.dc2'], Policy: { Mode: 'order-by-locality' } },
          },
        },
      },
      targets: [
        target('payments', { extra: { MeshGateway: { Mode: 'local' } } }),
        target('payments', { datacenter: 'dc2' }),
      ],
    }),
  );
  const text = model?.notDone.join('\n') ?? '';
  for (const part of [
    'regular expression',
    'Match.HTTP.Body',
    'PrefixRewrite',
    'envoy-ratelimited',
    '"host"',
    'x-ip',
    'query_parameter',
    'PrioritizeByLocality',
    'order-by-locality',
    'MeshGateway',
  ]) {
    assert.ok(text.includes(part), `${part} is not named in:\n${text}`);
  }
  const { changes, tiers } = model?.routes[0].splits[0].destination ?? assert.fail();
  assert.deepEqual(changes.retryOn?.grpc, new Set(['unavailable']));
  assert.deepEqual(changes.requestHeaders, { dropped: new Set(['x-team']), appended: ['x-team', 'shop'] });
  assert.equal(tiers.length, 2);
});

test('fields of later versions are followed: balancing, header changes, peers, timeouts of resolvers', () => {
  const model = readCompiledChain(
    compiledChain({
      start: 'splitter:payments',
      nodes: {
        'splitter:payments': {
          Type: 'splitter',
          Splits: [
            {
              Weight: 100,
              NextNode: 'resolver:payments',
              Definition: {
                Weight: 100,
                RequestHeaders: { Add: { 'x-canary': 'no' } },
                ResponseHeaders: { Remove: ['Server'] },
              },
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
            ConnectTimeout: '5s',
            RequestTimeout: '9s',
            Target: 'payments.default.dc1',
            Failover: { Targets: ['payments.default.peer'] },
          },
        },
      },
      targets: [target('payments'), target('payments', { peer: 'east' })],
    }),
  );
  const { changes, tiers } = model?.routes[0].splits[0].destination ?? assert.fail();
  assert.equal(changes.requestTimeoutMs, 9_000);
  assert.deepEqual(changes.requestHeaders?.appended, ['x-canary', 'no']);
  assert.deepEqual(changes.responseHeaders?.dropped, new Set(['server']));
  assert.deepEqual(tiers[0].balancing, {
    policy: 'ringHash',
    hashOn: [{ header: 'x-user' }, { sourceAddress: true }],
    ringHash: { minimumRingSize: 256, maximumRingSize: 512 },
  });
  assert.deepEqual(
    tiers.map(({ label, peer }) => [label, peer]),
    [
      ['payments', undefined],
      ['payments@peer:east', 'east'],
    ],
  );
  assert.deepEqual(model?.notDone, []);
});

test('what is no chain is none, and a graph in a circle ends', () => {
  for (const broken of [
    undefined,
    null,
    'x',
    [],
    {},
    { StartNode: 'a' },
    { StartNode: 'a', Nodes: { a: { Type: 'resolver', Resolver: { Target: 'b' } } } },
  ]) {
    assert.equal(readCompiledChain(broken), undefined);
  }
  const circle = {
    StartNode: 's',
    Nodes: { s: { Type: 'splitter', Splits: [{ Weight: 100, NextNode: 's' }] } },
    Targets: {},
  };
  assert.equal(readCompiledChain(circle), undefined);
});

test('a chain has a bound of targets, and says so', () => {
  const many = Array.from({ length: 40 }, (_, index) => `dc${index + 2}`);
  const model = readCompiledChain(
    compiledChain({
      start: 'resolver:payments',
      nodes: {
        'resolver:payments': {
          Type: 'resolver',
          Resolver: {
            Target: 'payments.default.dc1',
            Failover: { Targets: many.map((dc) => `payments.default.${dc}`) },
          },
        },
      },
      targets: [target('payments'), ...many.map((datacenter) => target('payments', { datacenter }))],
    }),
  );
  assert.equal(model?.routes[0].splits[0].destination.tiers.length, 32);
  assert.match(model?.notDone.join() ?? '', /32 targets at most/);
});

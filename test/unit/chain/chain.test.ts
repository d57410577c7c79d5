import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chain } from '../../../src/chain/chain.ts';
import type { ChainModel, Destination } from '../../../src/chain/chain-model.ts';
import { goDurationMs } from '../../../src/chain/go-duration.ts';
import { linearRegex } from '../../../src/chain/linear-regex.ts';
import type { OwnChain } from '../../../src/chain/own-chain.ts';
import { chainInForce } from '../../../src/chain/own-chain.ts';
import type { RequestMatch, TextMatch } from '../../../src/chain/request-match.ts';
import { matchesRequest } from '../../../src/chain/request-match.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const noSubsets = () => undefined;

function own(chain: OwnChain, consul?: ChainModel): ChainModel {
  return chainInForce('payments', chain, noSubsets, consul) ?? assert.fail('no chain');
}

const labels = (destination: Destination) => destination.tiers.map(({ label }) => label);

const get = (path: string, headers: readonly string[] = []) => ({ method: 'GET', path, headers });

test('shares come out by their weights, whatever these are', () => {
  const random = seededRandom(11);
  for (let round = 0; round < 20; round++) {
    const weights = Array.from({ length: 1 + Math.floor(random() * 6) }, () => Math.ceil(random() * 100));
    const split = weights.map((weight, index) => ({ weight, service: `s${index}` }));
    const chain = new Chain(own({ split }), random);
    const counts = new Map<string, number>();
    const draws = 4_000;
    for (let i = 0; i < draws; i++) {
      const [label = ''] = labels(chain.route(get('/')));
      counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, weight] of weights.entries()) {
      const share = (counts.get(`s${index}`) ?? 0) / draws;
      assert.ok(Math.abs(share - weight / total) < 0.05, `${weight} of ${total} got ${share}`);
    }
  }
});

test('a weight of 0 gets nothing, not even at the ends of chance', () => {
  const split = [
    { weight: 0, service: 'a' },
    { weight: 5, service: 'b' },
    { weight: 0, service: 'c' },
  ];
  for (const drawn of [0, 0.5, 1 - Number.EPSILON / 2]) {
    assert.deepEqual(labels(new Chain(own({ split }), () => drawn).route(get('/'))), ['b']);
  }
});

const path = (match: TextMatch, ignoreCase = false): RequestMatch => ({
  path: { match, ignoreCase },
  headers: [],
  query: [],
  methods: undefined,
});

test('the first route that matches counts', () => {
  const { routes } = own({ split: [{ weight: 1, service: 'rest' }] });
  const to = (service: string) => own({ split: [{ weight: 1, service }] }).routes[0].splits;
  const model: ChainModel = {
    ...own({ split: [{ weight: 1 }] }),
    routes: [
      { match: path({ kind: 'exact', text: '/a' }), splits: to('first') },
      { match: path({ kind: 'prefix', text: '/a' }), splits: to('second') },
      { match: path({ kind: 'prefix', text: '/a/b' }), splits: to('never') },
      routes[0],
    ],
  };
  const chain = new Chain(model, () => 0);
  for (const [target, expected] of [
    ['/a', 'first'],
    ['/a?x=1', 'first'],
    ['/a/b', 'second'],
    ['/b', 'rest'],
  ] as const) {
    assert.deepEqual(labels(chain.route(get(target))), [expected], target);
  }
});

test('requests match by path, header fields, query and method, all of which must hold', () => {
  const any: RequestMatch = { path: undefined, headers: [], query: [], methods: undefined };
  const header = (match: TextMatch, rest: object = {}) => ({
    ...any,
    headers: [{ name: 'x-a', match, ignoreCase: false, invert: false, ...rest }],
  });
  const query = (match: TextMatch) => ({
    ...any,
    query: [{ name: 'q', match, ignoreCase: false, invert: false }],
  });
  const digits = { kind: 'regex', pattern: linearRegex('/\\d+'), source: '/\\d+' } as const;
  const cases: readonly (readonly [RequestMatch, string, readonly string[], boolean])[] = [
    [any, '/', [], true],
    [path({ kind: 'exact', text: '/A' }), '/a', [], false],
    [path({ kind: 'exact', text: '/A' }, true), '/a', [], true],
    [path(digits), '/123?q', [], true],
    [path(digits), '/123/4', [], false],
    [path({ kind: 'never' }), '/', [], false],
    [header({ kind: 'present' }), '/', ['X-A', ''], true],
    [header({ kind: 'present' }), '/', [], false],
    [header({ kind: 'present' }, { invert: true }), '/', [], true],
    [header({ kind: 'exact', text: '1' }, { invert: true }), '/', ['x-a', '1'], false],
    [header({ kind: 'never' }, { invert: true }), '/', [], false],
    [header({ kind: 'prefix', text: 'ab' }), '/', ['x-a', 'abc'], true],
    [header({ kind: 'suffix', text: 'BC' }, { ignoreCase: true }), '/', ['x-a', 'abc'], true],
    [header({ kind: 'contains', text: 'x' }), '/', ['x-a', 'abc'], false],
    [query({ kind: 'present' }), '/?q', [], true],
    [query({ kind: 'exact', text: 'a b' }), '/?q=a%20b', [], true],
    [query({ kind: 'exact', text: '1' }), '/?x=1', [], false],
    [{ ...any, methods: new Set(['POST']) }, '/', [], false],
    [{ ...path({ kind: 'prefix', text: '/b' }), methods: new Set(['GET']) }, '/a', [], false],
  ];
  for (const [match, target, headers, expected] of cases) {
    assert.equal(
      matchesRequest(match, get(target, headers)),
      expected,
      JSON.stringify([match, target, headers]),
    );
  }
});

test("Go's durations are read, and nothing else", () => {
  const cases: readonly (readonly [unknown, number | undefined])[] = [
    ['5s', 5_000],
    ['1m30s', 90_000],
    ['1h0m0s', 3_600_000],
    ['250ms', 250],
    ['1.5s', 1_500],
    ['0', 0],
    [2_000_000_000, 2_000],
    ['5', undefined],
    ['-5s', undefined],
    ['5 s', undefined],
    [-1, undefined],
    [null, undefined],
  ];
  for (const [written, ms] of cases) assert.equal(goDurationMs(written), ms, String(written));
});

test('without anything there is no chain', () => {
  assert.equal(chainInForce('payments', {}, noSubsets, undefined), undefined);
  assert.equal(
    chainInForce('payments', { failover: { to: [], overprovisioning: 1.4 } }, noSubsets, undefined),
    undefined,
  );
});

test('failover of our own replaces that of Consul, for the service itself only', () => {
  const consul = own({ split: [{ weight: 1 }, { weight: 1, service: 'other' }] });
  const failover = { to: [{ datacenter: 'dc2' }, { query: 'anywhere' }] };
  const model = own({ failover }, { ...consul, from: 'consul' });
  assert.deepEqual(
    model.routes[0].splits.map(({ destination }) => labels(destination)),
    [['payments', 'payments@dc2', 'query:anywhere'], ['other']],
  );
  assert.deepEqual(labels(own({ failover }).routes[0].splits[0].destination), [
    'payments',
    'payments@dc2',
    'query:anywhere',
  ]);
});

test('subsets of our own are those of the service that is called', () => {
  const subsets: Record<
    string,
    Record<string, { tags: string[]; filter: string | undefined; onlyPassing: boolean }>
  > = {
    payments: { v2: { tags: ['v2'], filter: undefined, onlyPassing: true } },
  };
  const split = [
    { weight: 1, subset: 'v2' },
    { weight: 1, service: 'other', subset: 'v2' },
  ];
  const model = chainInForce('payments', { split }, (name) => subsets[name], undefined) ?? assert.fail();
  const [mine, others] = model.routes[0].splits.map(({ destination }) => destination.tiers[0]);
  assert.deepEqual([mine?.label, mine?.tags, mine?.onlyPassing], ['payments/v2', ['v2'], true]);
  assert.deepEqual([others?.label, others?.tags], ['other/v2', []]);
});

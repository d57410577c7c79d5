import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestFirst, wholeTarget } from '../../../src/chain/nearest.ts';
import { chainInForce } from '../../../src/chain/own-chain.ts';
import { isNear, nearParts } from '../../../src/endpoint/nearness.ts';

const NEAREST = ['zone', 'region'];

function payments(nearest: readonly string[] = NEAREST) {
  const own = { failover: { to: [{ datacenter: 'dc2' }, { query: 'anywhere' }], nearest: [...nearest] } };
  const model = chainInForce('payments', own, () => undefined, undefined);
  return model ?? assert.fail();
}

function labels(own: Readonly<Record<string, string>> | undefined, nearest?: readonly string[]) {
  const model = nearestFirst(payments(nearest), own);
  const [{ splits }] = model.routes;
  return { tiers: splits[0].destination.tiers.map(({ label }) => label), notDone: model.notDone };
}

test('a target here is divided by what its nodes have in common with ours, the nearest first', () => {
  assert.deepEqual(labels({ zone: 'a', region: 'eu', rack: '7' }), {
    tiers: [
      'payments (zone a)',
      'payments (region eu)',
      'payments (elsewhere)',
      'payments@dc2',
      'query:anywhere',
    ],
    notDone: [],
  });
});

test('what our node does not say divides nothing and is named', () => {
  const partly = labels({ region: 'eu' });
  assert.deepEqual(partly.tiers.slice(0, 2), ['payments (region eu)', 'payments (elsewhere)']);
  assert.match(partly.notDone.join(), /by zone: the node of the Consul agent has no such metadata/);
  const nothing = labels(undefined);
  assert.deepEqual(nothing.tiers, ['payments', 'payments@dc2', 'query:anywhere']);
  assert.match(nothing.notDone.join(), /by zone and region: the node of the Consul agent cannot be read/);
});

test('the parts of a target are of one whole, and every endpoint is in one of them', () => {
  const [{ splits }] = nearestFirst(payments(), { zone: 'a', region: 'eu' }).routes;
  const [here, region, elsewhere] = splits[0].destination.tiers;
  for (const spec of [here, region, elsewhere]) {
    assert.ok(spec !== undefined);
    assert.deepEqual(wholeTarget(spec), wholeTarget(here));
    assert.equal(wholeTarget(spec).label, 'payments');
  }
  const parts = nearParts([
    ['zone', 'a'],
    ['region', 'eu'],
  ]);
  const partOf = (nodeMeta?: Readonly<Record<string, string>>) =>
    parts.flatMap((part) => (isNear({ nodeMeta }, part) ? [part.text] : []));
  assert.deepEqual(partOf({ zone: 'a', region: 'eu' }), ['zone a']);
  assert.deepEqual(partOf({ zone: 'b', region: 'eu' }), ['region eu']);
  assert.deepEqual(
    partOf({ zone: 'a', region: 'us' }),
    ['elsewhere'],
    'zones of two regions may share a name',
  );
  assert.deepEqual(partOf({ region: 'us' }), ['elsewhere']);
  assert.deepEqual(partOf(), ['elsewhere']);
});

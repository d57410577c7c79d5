import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextTurn } from '../../../src/core/next-turn.ts';
import { EndpointFeed } from '../../../src/upstream/endpoint-feed.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

function feed() {
  const clock = new FakeClock();
  const published: number[] = [];
  const made = new EndpointFeed(clock, 'registry', {
    published: (table) => published.push(table.version),
    failed: () => {},
    recovered: () => {},
  });
  return { clock, feed: made, published };
}

test('who gives up waiting for a table that never comes leaves nothing behind', async () => {
  const { clock, feed: waited } = feed();
  const waits = Array.from({ length: 1_000 }, () => waited.ready(50));
  assert.equal(waited.waiting, 1_000);
  clock.advance(50);
  await Promise.all(waits);
  assert.equal(waited.waiting, 0);
});

test('who waits is woken by the first table, and nobody waits afterwards', async () => {
  const { feed: waited } = feed();
  const wait = waited.ready(50);
  waited.endpoints([]);
  await wait;
  await waited.ready(50);
  assert.equal(waited.waiting, 0);
});

test('what is equal to the table in force is not published again', () => {
  const { feed: confirmed, published } = feed();
  const endpoints = [testEndpoint(1)];
  confirmed.endpoints(endpoints);
  confirmed.endpoints(endpoints);
  confirmed.endpoints([testEndpoint(1)]);
  assert.deepEqual(published, [1]);
  confirmed.endpoints([testEndpoint(2)]);
  assert.deepEqual(published, [1, 2]);
});

const manyEndpoints = (count: number, weight = 1) =>
  Array.from({ length: count }, (_, i) => testEndpoint({ id: `e${i}`, port: 80, weight }));

/** How many turns the event loop takes until this holds. */
async function turnsUntil(holds: () => boolean): Promise<number> {
  let turns = 0;
  for (; !holds(); turns++) await nextTurn();
  return turns;
}

test('thousands of endpoints are put in force in slices, all at once for who reads them', async () => {
  const { feed: large, published } = feed();
  const weights = () => new Set(large.table?.endpoints.map(({ weight }) => weight));
  large.endpoints(manyEndpoints(5_000));
  assert.equal(weights().size, 0);
  const turns = await turnsUntil(() => large.table !== undefined);
  assert.equal(large.table?.endpoints.length, 5_000);
  assert.ok(turns >= 20, `in ${turns} turns`);
  large.endpoints(manyEndpoints(5_000, 2));
  assert.deepEqual(weights(), new Set([1]));
  await turnsUntil(() => large.table?.version === 2);
  assert.deepEqual(weights(), new Set([2]));
  assert.deepEqual(published, [1, 2]);
});

test('what is delivered before thousands are in force takes their place', async () => {
  const { feed: large, published } = feed();
  large.restore(manyEndpoints(5_000), 0);
  large.endpoints(manyEndpoints(4_000));
  large.restore(manyEndpoints(3_000), 0);
  await turnsUntil(() => large.table !== undefined);
  assert.equal(large.table?.endpoints.length, 4_000);
  large.endpoints(manyEndpoints(5_000));
  large.endpoints([testEndpoint(1)]);
  await turnsUntil(() => large.table?.endpoints.length === 1);
  for (let turn = 0; turn < 100; turn++) await nextTurn();
  assert.equal(large.table?.endpoints.length, 1);
  assert.deepEqual(published, [1, 2]);
});

test('remembered endpoints that refuse one after the other leave a table of thousands while they do', async () => {
  const { feed: large } = feed();
  large.endpoints(manyEndpoints(2_000).map((endpoint) => ({ ...endpoint, remembered: true })));
  await turnsUntil(() => large.table !== undefined);
  let refused = 0;
  for (; refused < 1_000 && large.table?.version === 1; refused++) {
    large.refused(`e${refused}`);
    await nextTurn();
  }
  assert.ok(refused < 1_000, 'none left while others refused');
  await turnsUntil(() => large.table?.endpoints.length === 2_000 - refused);
});

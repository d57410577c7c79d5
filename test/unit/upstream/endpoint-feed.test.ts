import assert from 'node:assert/strict';
import { test } from 'node:test';
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

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LatencySamples } from '../../../src/balancer/latency-samples.ts';

test('Nothing is shown before the first response', () => {
  assert.equal(new LatencySamples().medianMs(0), undefined);
});

test('What is shown was measured: one slow response among fast ones does not change it', () => {
  const samples = new LatencySamples();
  for (const latency of [3, 4, 5, 4, 3]) samples.record(latency, 100);
  samples.record(60_000, 200);
  assert.equal(samples.medianMs(200), 4);
});

test('The last fifteen count', () => {
  const samples = new LatencySamples();
  for (let i = 0; i < 15; i++) samples.record(100, i);
  for (let i = 0; i < 8; i++) samples.record(7, 20 + i);
  assert.equal(samples.medianMs(30), 7);
});

test('After a minute without a response nothing is known any more', () => {
  const samples = new LatencySamples();
  samples.record(9, 1_000);
  assert.equal(samples.medianMs(61_000), 9);
  assert.equal(samples.medianMs(61_001), undefined);
});

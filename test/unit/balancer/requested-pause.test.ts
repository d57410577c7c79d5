import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestedPause } from '../../../src/balancer/requested-pause.ts';

test('There is no pause unless one was asked for', () => {
  assert.equal(new RequestedPause().remainingMs(1e6), 0);
});

test('A pause lasts as long as was asked', () => {
  const pause = new RequestedPause();
  pause.ask(3_000, 1_000);
  assert.equal(pause.remainingMs(1_000), 3_000);
  assert.equal(pause.remainingMs(3_500), 500);
  assert.equal(pause.remainingMs(4_000), 0);
});

test('No pause is longer than a minute', () => {
  const pause = new RequestedPause();
  pause.ask(86_400_000, 0);
  assert.equal(pause.remainingMs(0), 60_000);
});

test('A sound response ends it when its request was sent after the endpoint had asked', () => {
  const pause = new RequestedPause();
  pause.ask(30_000, 1_000);
  pause.responded(999);
  assert.equal(pause.remainingMs(1_000), 30_000);
  pause.responded(1_001);
  assert.equal(pause.remainingMs(1_001), 0);
});

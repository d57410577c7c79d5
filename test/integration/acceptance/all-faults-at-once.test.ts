// All faults at once: bad names, failing endpoints, a Consul that is silent and one that loses its data, a large service
// that never rests, hundreds of tags, callers that leave, pages of other sites, a stalled log, bursts of SIGHUP, hostile
// heads and too few file descriptors. SOAK_SECONDS=600 runs the long form and prints what is held after each round.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { calm, storm } from '../../support/storm/storm.ts';
import { startStormWorld } from '../../support/storm/storm-world.ts';

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 16);
const ROUNDS = Math.min(20, Math.max(2, Math.round(SECONDS / 8)));

/** Connections to Consul and to endpoints, and timers, that may be there at one moment and not at another. */
const SLACK = 6;

/** What the timeline, the history of requests and V8's own tables may take until they are at their bounds. */
const MOST_GROWTH_BYTES = 12 * 1024 * 1024;

const MiB = 1024 * 1024;

test('whatever callers, endpoints, Consul, readers and this machine do at once, memory, sockets and timers stay flat', {
  skip: existsSync('/proc/self/fd') ? false : 'the system does not show open files in /proc',
  timeout: (SECONDS * 3 + 120) * 1_000,
}, async (t) => {
  const world = await startStormWorld(t);
  const { ambassador } = world;
  const first = await calm(world, { descriptors: 1_000, timers: 1_000 });
  const most = { descriptors: first.descriptors + SLACK, timers: first.timers + SLACK };
  const readings: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    await storm(world, SECONDS / ROUNDS);
    const { heapBytes, residentBytes, descriptors, timers } = await calm(world, most);
    readings.push(heapBytes);
    const memory = `heap ${(heapBytes / MiB).toFixed(1)} MiB, resident ${(residentBytes / MiB).toFixed(0)} MiB`;
    t.diagnostic(`after round ${round}: ${memory}, ${descriptors} descriptors, ${timers} timers`);
  }
  const growth = (readings.at(-1) ?? 0) - (readings[0] ?? 0);
  assert.ok(
    growth < MOST_GROWTH_BYTES,
    `the heap grew by ${growth} bytes; after each round: ${readings.join(', ')}`,
  );
  assert.equal((await ambassador.stop()).code, 0);
});

// A storm of all faults at once, in rounds, and what the ambassador holds once it is over.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import type { Overview } from '../../../src/admin/overview-view.ts';
import { eventually } from '../eventually.ts';
import { get } from '../load.ts';
import { STORM_FAULTS } from './storm-faults.ts';
import type { StormWorld } from './storm-world.ts';

/** What a process that has nothing to do holds. */
export interface Holdings {
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly descriptors: number;
  readonly timers: number;
}

/** How long it may take until connections, watches and waits of the storm are over, in milliseconds. */
const CALM_WITHIN_MS = 45_000;

/** Lets all faults loose for so long, and waits until each has ended what it began. */
export async function storm(world: StormWorld, seconds: number): Promise<void> {
  const over = new AbortController();
  const faults = Object.entries(STORM_FAULTS).map(([name, fault]) =>
    fault(world, over.signal).catch((error: unknown) => {
      throw new Error(`the fault "${name}" could not be made`, { cause: error });
    }),
  );
  const end = setTimeout(() => over.abort(), seconds * 1_000);
  try {
    await Promise.all(faults);
  } finally {
    clearTimeout(end);
    over.abort();
    world.consul.resume();
    world.ambassador.readLog();
  }
}

/** Waits until nothing of the storm is left, and calls go through as ever. */
export async function calm(
  world: StormWorld,
  most: Pick<Holdings, 'descriptors' | 'timers'>,
): Promise<Holdings> {
  const { ambassador } = world;
  world.configure({});
  ambassador.forgetLog();
  await eventually(async () => {
    assert.equal(await ambassador.metric('ambassador_requests_in_flight'), 0);
    assert.equal(await ambassador.metric('ambassador_replay_buffer_bytes'), 0);
    const { descriptors } = ambassador;
    assert.ok(
      descriptors <= most.descriptors,
      `${descriptors} descriptors, and at most ${most.descriptors} before`,
    );
    const timers = await ambassador.timers();
    assert.ok(timers <= most.timers, `${timers} timers, and at most ${most.timers} before`);
  }, CALM_WITHIN_MS);
  const { faults } = (await ambassador.admin('/api/overview')) as Pick<Overview, 'faults'>;
  assert.equal(faults.count, 0, faults.last?.message ?? '');
  assert.equal(await ambassador.metric('ambassador_listener_faults_total'), 0);
  const holdings = await holdingsOf(world);
  await callsGoThrough(world);
  return holdings;
}

async function holdingsOf({ ambassador }: StormWorld): Promise<Holdings> {
  const status = readFileSync(`/proc/${ambassador.pid}/status`, 'utf8');
  return {
    heapBytes: await ambassador.heapUsed(),
    residentBytes: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024,
    descriptors: ambassador.descriptors,
    timers: await ambassador.timers(),
  };
}

async function callsGoThrough({ url }: StormWorld): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  for (let count = 0; count < 50; count++) {
    const { status, body } = await get(`${url}/payments/`, agent);
    assert.equal(status, 200, body);
  }
  agent.destroy();
}

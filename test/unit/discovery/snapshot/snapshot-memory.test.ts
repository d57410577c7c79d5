import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SnapshotMemory } from '../../../../src/discovery/snapshot/snapshot-memory.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { testEndpoint } from '../../../support/proxy-under-test.ts';

const HOUR_MS = 3_600_000;
const ENDPOINTS = [testEndpoint({ id: 'n/a' })];

function keys(memory: SnapshotMemory): string[] {
  return [...memory.entries()].map(([key]) => key);
}

describe('what the next snapshot holds', () => {
  it('is what is watched, and what an earlier run knew of the others, each with its age', () => {
    const clock = new FakeClock();
    const memory = new SnapshotMemory(clock);
    memory.learn([
      ['payments', { endpoints: [], ageMs: 5_000 }],
      ['ledger', { endpoints: ENDPOINTS, ageMs: 5_000 }],
    ]);
    clock.advance(1_000);
    memory.update([['payments', { endpoints: ENDPOINTS, ageMs: 10 }]]);
    clock.advance(1_000);
    assert.deepEqual(
      new Map(memory.entries()),
      new Map([
        ['payments', { endpoints: ENDPOINTS, ageMs: 1_010 }],
        ['ledger', { endpoints: ENDPOINTS, ageMs: 7_000 }],
      ]),
    );
  });

  it('keeps a service whose watch has ended', () => {
    const memory = new SnapshotMemory(new FakeClock());
    memory.update([['payments', { endpoints: ENDPOINTS, ageMs: 0 }]]);
    memory.update([]);
    assert.deepEqual(keys(memory), ['payments']);
  });

  it('forgets a service whose watch has ended when it had no endpoints left', () => {
    const memory = new SnapshotMemory(new FakeClock());
    memory.update([['payments', { endpoints: [], ageMs: 0 }]]);
    assert.deepEqual(keys(memory), ['payments']);
    memory.update([]);
    assert.deepEqual(keys(memory), []);
  });

  it('keeps names without instances of their own that lead to others, though no run since has called them', () => {
    const memory = new SnapshotMemory(new FakeClock());
    const compiled = { ServiceName: 'orders', StartNode: 'resolver:ledger.default.default.dc1' };
    memory.learn([
      ['redirected', { endpoints: [], ageMs: 0, chain: { compiled, targets: { ledger: ENDPOINTS } } }],
      ['redirected-to-none', { endpoints: [], ageMs: 0, chain: { compiled, targets: { ledger: [] } } }],
      [
        'failing-over',
        { endpoints: [], ageMs: 0, chain: { compiled: undefined, targets: { b: ENDPOINTS } } },
      ],
      ['gone', { endpoints: [], ageMs: 0, chain: { compiled: undefined, targets: { b: [] } } }],
    ]);
    memory.update([]);
    assert.deepEqual(keys(memory), ['redirected', 'redirected-to-none', 'failing-over']);
  });

  it('forgets what nobody has confirmed for 24 hours', () => {
    const clock = new FakeClock();
    const memory = new SnapshotMemory(clock);
    memory.update([['payments', { endpoints: ENDPOINTS, ageMs: HOUR_MS }]]);
    clock.advance(23 * HOUR_MS);
    memory.update([]);
    assert.deepEqual(keys(memory), ['payments']);
    clock.advance(1);
    memory.update([]);
    assert.deepEqual(keys(memory), []);
  });
});

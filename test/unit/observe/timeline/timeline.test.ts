import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Timeline } from '../../../../src/observe/timeline/timeline.ts';
import type { TimelineEntry, TimelineEvent } from '../../../../src/observe/timeline/timeline-entry.ts';
import { TIMELINE_KINDS } from '../../../../src/observe/timeline/timeline-entry.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const MINUTE = 60_000;

test('an entry has the next number and the time of day', () => {
  const { timeline, clock } = setUp();
  timeline.record(event({}));
  clock.advance(1_500);
  const second = timeline.record(event({ summary: 'And another.' }));
  assert.deepEqual(second, {
    id: 2,
    at: '2026-01-01T00:00:01.500Z',
    service: 'payments',
    kind: 'table',
    severity: 'info',
    summary: 'And another.',
    detail: {},
  });
  assert.deepEqual(ids(timeline.entries()), [1, 2]);
});

test('entries are asked for by service, kind and number, and the newest are kept to a limit', () => {
  const { timeline } = setUp();
  timeline.record(event({ service: 'payments', kind: 'table' }));
  timeline.record(event({ service: 'fraud', kind: 'table' }));
  timeline.record(event({ service: 'payments', kind: 'circuit' }));
  timeline.record(event({ service: null, kind: 'config' }));
  assert.deepEqual(ids(timeline.entries({ service: 'payments' })), [1, 3]);
  assert.deepEqual(ids(timeline.entries({ kinds: new Set(['table', 'config']) })), [1, 2, 4]);
  assert.deepEqual(ids(timeline.entries({ sinceId: 2 })), [3, 4]);
  assert.deepEqual(ids(timeline.entries({ limit: 2 })), [3, 4]);
});

test('what is older than a quarter of an hour is gone, and so is the memory for it', () => {
  const { timeline, clock } = setUp();
  timeline.record(event({}));
  clock.advance(14 * MINUTE);
  timeline.record(event({}));
  assert.deepEqual(ids(timeline.entries()), [1, 2]);
  clock.advance(MINUTE + 1);
  assert.deepEqual(ids(timeline.entries()), [2]);
});

test('one noisy service pushes out nothing of another, nor of its own other kinds', () => {
  const { timeline } = setUp();
  timeline.record(event({ service: 'quiet', kind: 'ejection' }));
  timeline.record(event({ service: 'noisy', kind: 'ejection' }));
  for (let i = 0; i < 20_000; i++) timeline.record(event({ service: 'noisy', kind: 'request' }));
  assert.equal(timeline.entries({ service: 'quiet' }).length, 1);
  assert.equal(timeline.entries({ kinds: new Set(['ejection']) }).length, 2);
  assert.equal(timeline.entries().length, 252);
});

test('an entry that is too long keeps its sentence and loses its detail', () => {
  const { timeline } = setUp();
  const { summary, detail } = timeline.record(
    event({ summary: 'What happened.', detail: { list: Array.from({ length: 2_000 }, (_, i) => i) } }),
  );
  assert.equal(summary, 'What happened.');
  assert.deepEqual(detail, { shortened: true });
  const { summary: cut } = timeline.record(event({ summary: 'x'.repeat(10_000) }));
  assert.equal(cut.length, 512);
});

test('a listener gets each entry until it has enough', () => {
  const { timeline } = setUp();
  const heard: TimelineEntry[] = [];
  const end = timeline.subscribe((entry) => heard.push(entry));
  timeline.record(event({}));
  end();
  timeline.record(event({}));
  assert.deepEqual(ids(heard), [1]);
});

test('whatever comes, the bounds hold and the newest entry of each kind of each service stays', () => {
  const bounds = {
    maxAgeMs: 15 * MINUTE,
    maxEntries: 60,
    maxBytes: 12_000,
    maxEntriesPerLane: 20,
    maxEntryBytes: 600,
  };
  const recorded = fc.record({
    service: fc.constantFrom('a', 'b', 'c', null),
    kind: fc.constantFrom(...TIMELINE_KINDS.slice(0, 3)),
    length: fc.integer({ min: 0, max: 900 }),
    afterMs: fc.integer({ min: 0, max: 20_000 }),
  });
  fc.assert(
    fc.property(fc.array(recorded, { maxLength: 300 }), (sequence) => {
      const clock = new FakeClock();
      const timeline = new Timeline(clock, bounds);
      const newest = new Map<string, { readonly id: number; readonly at: number }>();
      for (const { service, kind, length, afterMs } of sequence) {
        clock.advance(afterMs);
        const { id } = timeline.record(event({ service, kind, detail: { text: 'x'.repeat(length) } }));
        newest.set(`${service} ${kind}`, { id, at: clock.now() });
        const entries = timeline.entries();
        assert.ok(entries.length <= bounds.maxEntries);
        assert.ok(entries.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0) <= bounds.maxBytes);
      }
      const kept = new Set(ids(timeline.entries()));
      for (const { id, at } of newest.values()) {
        assert.equal(kept.has(id), clock.now() - at <= bounds.maxAgeMs);
      }
    }),
    { numRuns: 60 },
  );
});

function setUp(): { readonly timeline: Timeline; readonly clock: FakeClock } {
  const clock = new FakeClock();
  return { timeline: new Timeline(clock), clock };
}

function event(given: Partial<TimelineEvent>): TimelineEvent {
  return {
    service: 'payments',
    kind: 'table',
    severity: 'info',
    summary: 'It happened.',
    detail: {},
    ...given,
  };
}

function ids(entries: readonly TimelineEntry[]): readonly number[] {
  return entries.map(({ id }) => id);
}

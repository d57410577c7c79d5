import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { atOnce } from '../../../../src/core/slices.ts';
import type { Endpoint } from '../../../../src/endpoint/endpoint.ts';
import type { EndpointTable } from '../../../../src/endpoint/endpoint-table.ts';
import { diffEndpoints, nextTable } from '../../../../src/endpoint/endpoint-table.ts';
import { TableTimeline } from '../../../../src/observe/timeline/table-timeline.ts';
import { Timeline } from '../../../../src/observe/timeline/timeline.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { testEndpoint } from '../../../support/proxy-under-test.ts';

test('a change is recorded at once, and says what became of which endpoint', () => {
  const { publish, summaries, timeline, clock } = setUp();
  publish([testEndpoint(1), testEndpoint(2)]);
  clock.advance(60_000);
  publish([testEndpoint({ port: 1, health: 'critical', healthDetail: 'http: connection refused' })]);
  assert.deepEqual(summaries(), [
    'payments has 2 endpoints in the registry: 1 at 127.0.0.1:1, 2 at 127.0.0.1:2.',
    'payments has 1 endpoint in the registry (1 removed, 1 changed): 1 at 127.0.0.1:1 is critical: http: connection refused, 2 at 127.0.0.1:2 is gone.',
  ]);
  const last = timeline.entries().at(-1);
  assert.equal(last?.severity, 'warning');
  assert.deepEqual(last.detail, {
    version: 2,
    versions: 1,
    provenance: 'registry',
    counts: { total: 1, added: 0, removed: 1, changed: 1 },
    added: [],
    removed: ['node/2'],
    changed: [{ id: 'node/1', health: 'critical', healthDetail: 'http: connection refused' }],
  });
});

test('twenty registrations a second for a quarter of an hour are an entry in five seconds', () => {
  const { publish, timeline, clock } = setUp();
  for (let i = 0; i < 15 * 60 * 20; i++) {
    publish([testEndpoint((i % 1_000) + 1), testEndpoint(((i + 1) % 1_000) + 1)]);
    clock.advance(50);
  }
  const entries = timeline.entries();
  assert.ok(entries.length >= 179 && entries.length <= 182, String(entries.length));
  assert.match(entries.at(-1)?.summary ?? '', /These are 100 changes within 5 s\.$/);
});

test('a service that is closed leaves no timer, and nothing is recorded of it afterwards', () => {
  const { publish, tables, timeline, clock } = setUp();
  publish([testEndpoint(1)]);
  publish([testEndpoint(2)]);
  tables.forget('payments');
  assert.equal(clock.pendingTimers, 0);
  assert.equal(timeline.entries().length, 1);
});

test('once the changes are over no timer is left', () => {
  const { publish, clock, timeline } = setUp();
  publish([testEndpoint(1)]);
  publish([testEndpoint(2)]);
  clock.advance(10_000);
  assert.equal(clock.pendingTimers, 0);
  assert.equal(timeline.entries().length, 2);
});

test('changes that are gathered sum up to the difference between the first and the last table', () => {
  const table = fc.uniqueArray(
    fc.record({ port: fc.integer({ min: 1, max: 6 }), weight: fc.integer({ min: 1, max: 3 }) }),
    { selector: ({ port }) => port },
  );
  fc.assert(
    fc.property(fc.array(table, { minLength: 2, maxLength: 8 }), (tables) => {
      const { publish, timeline, clock } = setUp();
      const lists = tables.map((list) => list.map((given) => testEndpoint(given)));
      const [first = [], second = []] = lists;
      publish([...first, testEndpoint(99)]);
      for (const list of lists.slice(1)) publish(list);
      clock.advance(5_000);
      const expected = diffEndpoints([...first, testEndpoint(99)], lists.at(-1) ?? second);
      const { counts } = Object(timeline.entries()[1]?.detail);
      assert.equal(counts.added, expected.added.length);
      assert.equal(counts.removed, expected.removed.length);
      // What changed and changed back counts as changed.
      assert.ok(counts.changed >= expected.changed.length);
    }),
  );
});

function setUp() {
  const clock = new FakeClock();
  const timeline = new Timeline(clock);
  const tables = new TableTimeline(timeline, clock);
  let current: EndpointTable | undefined;
  return {
    clock,
    timeline,
    tables,
    summaries: () => timeline.entries().map(({ summary }) => summary),
    publish: (endpoints: readonly Endpoint[]) => {
      const { table, diff } = atOnce(nextTable(current, endpoints));
      if (table === current) return;
      current = table;
      tables.published('payments', table, diff, 'registry');
    },
  };
}

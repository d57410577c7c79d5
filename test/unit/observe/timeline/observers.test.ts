import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResilienceTimeline } from '../../../../src/observe/timeline/resilience-timeline.ts';
import { ServiceTimeline } from '../../../../src/observe/timeline/service-timeline.ts';
import { Timeline } from '../../../../src/observe/timeline/timeline.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

test('an ejection is recorded with its reason and how long it lasts', () => {
  const { services, timeline } = setUp();
  services.outlierTransition('payments', '10.0.0.7:8080', {
    type: 'ejected',
    endpointId: 'node/a',
    at: 0,
    share: { ejected: 1, total: 3, cap: 1 },
    reason: 'consecutive_5xx',
    detection: { reason: 'consecutive_5xx', observed: 5, threshold: 5, requests: 5 },
    durationMs: 30_000,
  });
  const [entry] = timeline.entries();
  assert.equal(entry?.kind, 'ejection');
  assert.equal(entry.severity, 'warning');
  assert.match(entry.summary, /^10\.0\.0\.7:8080 of payments is ejected for 30 s: 5 failures in a row/);
  assert.deepEqual(entry.detail, {
    event: 'ejected',
    endpoint: 'node/a',
    authority: '10.0.0.7:8080',
    reason: 'consecutive_5xx',
    durationMs: 30_000,
    ejected: 1,
    total: 3,
    cap: 1,
  });
});

test('panic, a failure of discovery and its end are recorded', () => {
  const { services, timeline } = setUp();
  services.panicChanged('payments', 'all_critical');
  services.discoveryFailed('payments', { kind: 'unreachable', detail: 'connection refused' });
  services.discoveryRecovered('payments');
  services.panicChanged('payments', 'none');
  assert.deepEqual(
    timeline.entries().map(({ kind, severity }) => [kind, severity]),
    [
      ['panic', 'error'],
      ['discovery', 'warning'],
      ['discovery', 'info'],
      ['panic', 'info'],
    ],
  );
});

test('a circuit is recorded when it opens and when it closes', () => {
  const { resilience, timeline } = setUp();
  const detail = '5 calls in a row failed.';
  const at = 0;
  resilience.circuitChanged('payments', {
    from: 'closed',
    to: 'open',
    cause: 'consecutive_failures',
    detail,
    at,
    openForMs: 5_000,
  });
  const [entry] = timeline.entries();
  assert.equal(entry?.summary, `The circuit of payments is open. ${detail}`);
  assert.deepEqual(entry.detail, {
    from: 'closed',
    to: 'open',
    cause: 'consecutive_failures',
    why: '5 calls in a row failed.',
    openForMs: 5_000,
  });
});

test('what a policy would have refused is counted, and told once a minute', () => {
  const { resilience, timeline, clock } = setUp();
  for (let i = 0; i < 1_201; i++) {
    resilience.wouldShed('payments', 'bulkhead');
    clock.advance(100);
  }
  resilience.wouldLimit('payments');
  assert.deepEqual(
    timeline.entries().map(({ summary }) => summary),
    [
      'A call to payments would have been refused: too many are under way, but the bulkhead is not enforced.',
      '600 calls to payments would have been refused: too many are under way, but the bulkhead is not enforced.',
      '600 calls to payments would have been refused: too many are under way, but the bulkhead is not enforced.',
      'A call to payments would have been refused: they come too fast, but the rate limit is not enforced.',
    ],
  );
});

test('what would have become of a call to a service that is closed is not told', () => {
  const { timeline, resilience } = setUp();
  resilience.serviceClosed('payments');
  resilience.wouldLimit('payments');
  assert.deepEqual(timeline.entries(), []);
});

function setUp() {
  const clock = new FakeClock();
  const timeline = new Timeline(clock);
  const resilience = new ResilienceTimeline(timeline, clock);
  resilience.serviceOpened('payments');
  return { clock, timeline, services: new ServiceTimeline(timeline, clock), resilience };
}

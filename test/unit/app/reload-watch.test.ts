import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ErrorWindow } from '../../../src/app/error-window.ts';
import { adviceText } from '../../../src/app/reload-text.ts';
import { changesAbout, haveErrorsJumped } from '../../../src/app/reload-verdict.ts';
import { ReloadWatch } from '../../../src/app/reload-watch.ts';
import type { ConfigChange, ReloadAdvice } from '../../../src/core/config-events.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { requestFacts } from '../../support/request-facts.ts';

const CHANGE: ConfigChange = { path: 'services.payments.timeout.request', before: '15s', after: '50ms' };

interface Traffic {
  readonly service?: string;
  readonly perSecond: number;
  readonly errorShare: number;
  readonly forMs: number;
}

function setUp() {
  const clock = new FakeClock(Date.UTC(2026, 10, 23, 12, 1, 0));
  const advice: ReloadAdvice[] = [];
  const watch = new ReloadWatch(clock, (told) => advice.push(told));
  const traffic = ({ service = 'payments', perSecond, errorShare, forMs }: Traffic) => {
    for (let sent = 0; sent < (forMs / 1000) * perSecond; sent++) {
      const failed = (sent + 1) * errorShare - Math.floor(sent * errorShare + 1e-9) >= 1;
      watch.requestFinished(requestFacts({ service, startedAt: clock.now(), status: failed ? 503 : 200 }));
      clock.advance(1000 / perSecond);
    }
  };
  const reload = (changes: readonly ConfigChange[] = [CHANGE]) =>
    watch.configReloaded({ cause: { kind: 'file' }, changes, waitingForRestart: [] });
  return { clock, advice, watch, traffic, reload };
}

test('a jump in errors after a reload is pointed out once, with the change', () => {
  const { advice, traffic, reload } = setUp();
  traffic({ perSecond: 20, errorShare: 0, forMs: 60_000 });
  reload();
  traffic({ perSecond: 20, errorShare: 0.5, forMs: 40_000 });
  assert.equal(advice.length, 1);
  const [told] = advice;
  assert.ok(told !== undefined);
  assert.equal(told.service, 'payments');
  assert.deepEqual(told.before, { requests: 1_100, errors: 0 });
  assert.deepEqual(told.changes, [CHANGE]);
  assert.equal(
    adviceText(told),
    'Errors of payments rose from 0 % to 50 % within 2 s after the reload of 12:02:00 UTC; what changed: services.payments.timeout.request: 15s → 50ms',
  );
});

test('errors that begin later within the 30 s are pointed out as well', () => {
  const { advice, traffic, reload } = setUp();
  traffic({ perSecond: 20, errorShare: 0, forMs: 30_000 });
  reload();
  traffic({ perSecond: 20, errorShare: 0, forMs: 15_000 });
  traffic({ perSecond: 20, errorShare: 1, forMs: 20_000 });
  assert.deepEqual(
    advice.map(({ afterMs }) => afterMs),
    [20_000],
  );
});

test('errors that begin after the 30 s are not held against the reload', () => {
  const { clock, advice, traffic, reload } = setUp();
  traffic({ perSecond: 20, errorShare: 0, forMs: 30_000 });
  reload();
  traffic({ perSecond: 20, errorShare: 0, forMs: 30_000 });
  traffic({ perSecond: 20, errorShare: 1, forMs: 60_000 });
  assert.deepEqual(advice, []);
  assert.equal(clock.pendingTimers, 0);
});

test('a service that failed before as much as after is no news', () => {
  const { advice, traffic, reload } = setUp();
  traffic({ perSecond: 20, errorShare: 0.3, forMs: 30_000 });
  reload();
  traffic({ perSecond: 20, errorShare: 0.4, forMs: 40_000 });
  assert.deepEqual(advice, []);
});

test('requests that began before the reload do not count after it', () => {
  const { clock, advice, watch, traffic, reload } = setUp();
  traffic({ perSecond: 20, errorShare: 0, forMs: 30_000 });
  reload();
  for (let i = 0; i < 50; i++) {
    watch.requestFinished(requestFacts({ startedAt: clock.now() - 1, status: 504 }));
  }
  clock.advance(40_000);
  assert.deepEqual(advice, []);
});

test('each service is judged by itself, with its own changes first', () => {
  const { advice, traffic, reload } = setUp();
  traffic({ service: 'payments', perSecond: 20, errorShare: 0, forMs: 20_000 });
  traffic({ service: 'fraud', perSecond: 20, errorShare: 0, forMs: 20_000 });
  const general = { path: 'discovery.services', before: 'onDemand', after: 'declared' };
  const own = { path: 'services.fraud.retry.attempts', before: 2, after: 0 };
  reload([CHANGE, general, own]);
  traffic({ service: 'payments', perSecond: 40, errorShare: 0, forMs: 1_000 });
  traffic({ service: 'fraud', perSecond: 40, errorShare: 0.5, forMs: 3_000 });
  assert.deepEqual(
    advice.map(({ service, changes }) => [service, changes]),
    [['fraud', [own, general]]],
  );
});

test('a second reload is watched in place of the first', () => {
  const { clock, advice, traffic, reload } = setUp();
  traffic({ perSecond: 20, errorShare: 0, forMs: 30_000 });
  reload();
  clock.advance(1_000);
  const second = { path: 'services.payments.retry.attempts', before: 2, after: 0 };
  reload([second]);
  traffic({ perSecond: 20, errorShare: 1, forMs: 40_000 });
  assert.deepEqual(
    advice.map(({ changes }) => changes),
    [[second]],
  );
});

test('a service is not mixed up with another whose name begins alike', () => {
  const other = { path: 'services.payments-old.retry.attempts', before: 2, after: 0 };
  assert.deepEqual(changesAbout('payments', [other, CHANGE]), [CHANGE]);
  assert.deepEqual(changesAbout('payments', [other]), [other]);
});

test('no jump is reported without enough requests on both sides, nor for fewer errors than before', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(200), fc.nat(200), fc.nat(200), (a, b, c, d) => {
      const before = { requests: a + b, errors: b };
      const after = { requests: c + d, errors: d };
      if (!haveErrorsJumped(before, after)) return;
      assert.ok(before.requests >= 10 && after.requests >= 10 && after.errors >= 5);
      assert.ok(after.errors / after.requests > before.errors / before.requests);
    }),
  );
});

test('the window counts the last minute, whatever the steps of time', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ stepMs: fc.nat(20_000), failed: fc.boolean() })), (requests) => {
      const window = new ErrorWindow();
      const times: { readonly at: number; readonly failed: boolean }[] = [];
      let now = 0;
      for (const { stepMs, failed } of requests) {
        now += stepMs;
        window.add(now, failed);
        times.push({ at: now, failed });
        const oldest = Math.floor(now / 5_000) - 11;
        const inWindow = times.filter(({ at }) => Math.floor(at / 5_000) >= oldest);
        assert.deepEqual(window.count(now), {
          requests: inWindow.length,
          errors: inWindow.filter((request) => request.failed).length,
        });
      }
    }),
  );
});

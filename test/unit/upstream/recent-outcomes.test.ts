import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { localOutcome, NEUTRAL_OUTCOME } from '../../../src/core/outcome.ts';
import { RecentOutcomes } from '../../../src/upstream/recent-outcomes.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';
import { testUpstream } from '../../support/test-upstream.ts';

const REFUSED = localOutcome('connect_failure');
const DETAIL = 'connect ECONNREFUSED 10.0.0.7:8080';

describe('the recent outcomes of an endpoint', () => {
  it('are the failures in a row with their causes, and since when', () => {
    const outcomes = new RecentOutcomes();
    assert.equal(outcomes.lastRun, undefined);
    for (let at = 10; at < 15; at++) outcomes.refused('503', at);
    outcomes.failed('connect_failure', DETAIL, 15);
    assert.deepEqual(outcomes.lastRun, {
      text: 'answered 503 five times, connection refused once',
      newest: 'connection refused',
      kind: 'failure',
      inRow: 6,
      since: 10,
    });
  });

  it('begin anew after a success, which leaves the last run to be read', () => {
    const outcomes = new RecentOutcomes();
    outcomes.refused('500', 1);
    outcomes.succeeded();
    assert.equal(outcomes.lastRun?.text, 'answered 500 once');
    outcomes.refused('503', 2);
    assert.deepEqual([outcomes.lastRun?.text, outcomes.lastRun?.since], ['answered 503 once', 2]);
  });

  it('count what differs in figures alone as one cause, and keep two causes at most', () => {
    const outcomes = new RecentOutcomes();
    outcomes.refused('500', 1);
    for (let ms = 100; ms < 117; ms++) outcomes.failed('timeout', `no response within ${ms} ms`, ms);
    outcomes.failed('reset', 'x'.repeat(10_000), 120);
    const { text = '' } = outcomes.lastRun ?? {};
    assert.match(text, /^no response within 116 ms 17 times, x{120}… once$/);
  });

  it('call a status as people do', () => {
    const outcomes = new RecentOutcomes();
    outcomes.refused('UNAVAILABLE', 1);
    outcomes.refused('UNAVAILABLE', 2);
    const { text, newest, kind } = outcomes.lastRun ?? {};
    assert.deepEqual([text, newest, kind], ['answered UNAVAILABLE twice', 'UNAVAILABLE', 'status']);
  });

  it('explain nothing a minute after the last failure', () => {
    const outcomes = new RecentOutcomes();
    outcomes.refused('503', 0);
    assert.equal(outcomes.recentRun(59_999)?.text, 'answered 503 once');
    assert.equal(outcomes.recentRun(60_000), undefined);
  });

  it('come from leases, and stand in what is said of all endpoints and of each', () => {
    const { upstream, lease } = testUpstream([
      testEndpoint({ id: 'n/a', address: '10.0.0.7', port: 1 }),
      testEndpoint({ id: 'n/b', address: '10.0.0.8', port: 2 }),
    ]);
    assert.equal(upstream.causes(), undefined);
    lease({ tried: ['n/b'] }).ended(NEUTRAL_OUTCOME, 'the client left');
    assert.equal(upstream.causes(), undefined);
    lease({ tried: ['n/b'] }).ended(REFUSED, DETAIL);
    assert.equal(upstream.causes(), 'connection refused by 1 of 2');
    const answered = lease({ tried: ['n/a'] });
    answered.responded({ status: 503, reasonPhrase: '', fields: [] }, 1);
    answered.ended(undefined);
    assert.equal(upstream.causes(), 'connection refused by 1 of 2, 503 from 1 of 2');
    assert.equal(
      upstream.describeEndpoints(),
      'a at 10.0.0.7:1: connection refused once; b at 10.0.0.8:2: answered 503 once',
    );
  });
});

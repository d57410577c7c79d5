import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionsOpinion, consulOpinion } from '../../../src/dashboard/browser/endpoint-opinions.ts';
import { endpoint } from '../../support/scripted-world.ts';

test('Consul says what its checks found', () => {
  const seen = endpoint('payments', 1, { health: 'critical', healthDetail: 'refused' });
  assert.deepEqual(consulOpinion(seen, 'registry'), { level: 'error', text: 'critical', detail: 'refused' });
});

test('Consul says nothing of an endpoint that the configuration names', () => {
  assert.equal(consulOpinion(endpoint('payments', 1), 'static').text, 'nothing');
});

test('the connections say how long an ejection goes on, why, and how often there was one', () => {
  const outlier = {
    state: 'ejected',
    since: null,
    until: null,
    remainingMs: 17_600,
    reason: 'consecutive_5xx',
    ejections: 2,
    recent: { requests: 0, failures: 0 },
  } as const;
  assert.deepEqual(connectionsOpinion(endpoint('payments', 1, { outlier })), {
    level: 'warning',
    text: 'ejected for another 18 s',
    detail: 'consecutive 5xx; ejected 2 times so far',
  });
});

test('the connections remember that an endpoint was ejected before', () => {
  const { outlier } = endpoint('payments', 1);
  const opinion = connectionsOpinion(endpoint('payments', 1, { outlier: { ...outlier, ejections: 1 } }));
  assert.deepEqual(opinion, { level: 'ok', text: 'good', detail: 'ejected once so far' });
});

test('the connections do not call good what fails and may not be ejected, nor what nobody has called', () => {
  const { outlier } = endpoint('payments', 1);
  const failing = { ...outlier, recent: { requests: 12, failures: 11 } };
  assert.deepEqual(connectionsOpinion(endpoint('payments', 1, { outlier: failing })), {
    level: 'warning',
    text: '11 of 12 calls failed',
    detail: undefined,
  });
  const uncalled = {
    outlier: { ...outlier, recent: { requests: 0, failures: 0 } },
    latencyMs: null,
    inFlight: 0,
  };
  assert.deepEqual(connectionsOpinion(endpoint('payments', 1, uncalled)), {
    level: 'info',
    text: 'nothing',
    detail: 'no call lately',
  });
});

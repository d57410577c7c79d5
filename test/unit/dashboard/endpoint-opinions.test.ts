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

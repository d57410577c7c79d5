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

test('of an ejection that is over the connections do not say for another 0 s', () => {
  const { outlier } = endpoint('payments', 1);
  const over = {
    ...outlier,
    state: 'ejected',
    remainingMs: 0,
    reason: 'consecutive_5xx',
    ejections: 1,
  } as const;
  assert.equal(
    connectionsOpinion(endpoint('payments', 1, { outlier: over })).text,
    'ejected until a request probes it',
  );
});

test('health checks speak for an endpoint that nobody calls', () => {
  const { outlier } = endpoint('payments', 1);
  const uncalled = {
    outlier: { ...outlier, recent: { requests: 0, failures: 0 } },
    latencyMs: null,
    inFlight: 0,
  };
  const said = (healthCheck: { passed: boolean; detail: string | null }) =>
    connectionsOpinion(endpoint('payments', 1, { ...uncalled, healthCheck }));
  assert.equal(said({ passed: true, detail: null }).text, 'health checks pass');
  assert.deepEqual(said({ passed: false, detail: 'timed out' }), {
    level: 'warning',
    text: 'a health check failed',
    detail: 'timed out',
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

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { circuitBreakerOptions } from '../../../../src/policy/breaker/circuit-breaker-options.ts';
import { firstOpenTime } from '../../../../src/policy/breaker/cockatiel-breaker.ts';
import { HalfOpenCircuit } from '../../../../src/policy/breaker/half-open-circuit.ts';

const GOOD = { kind: 'judged', failed: false, slow: false } as const;
const BAD = { kind: 'judged', failed: true, slow: false } as const;
const NEUTRAL = { kind: 'neutral' } as const;

function circuit(openMs = 500) {
  const options = circuitBreakerOptions.parse({ probes: 3, failureRatio: 0.5 });
  const half = new HalfOpenCircuit(options, firstOpenTime(openMs, openMs), 0);
  const record = (outcome: typeof GOOD | typeof BAD | typeof NEUTRAL, endpoint = 'a', now = 0) =>
    half.record(
      outcome,
      outcome.kind === 'neutral'
        ? []
        : [{ endpointId: endpoint, failed: outcome.failed, slow: outcome.slow }],
      () => ['a', 'b'],
      now,
    );
  return { half, record };
}

describe('a half-open circuit', () => {
  it('lets as many calls through as it has probes', () => {
    const { half } = circuit();
    assert.deepEqual(
      [1, 2, 3, 4].map(() => half.tryAdmit(0)),
      [true, true, true, false],
    );
  });

  it('passes as soon as the probes still out cannot turn it, but not before all have been sent', () => {
    const { half, record } = circuit();
    half.tryAdmit(0);
    half.tryAdmit(0);
    assert.equal(record(GOOD), undefined);
    assert.equal(record(GOOD), undefined);
    half.tryAdmit(0);
    assert.equal(record(GOOD), 'passed');
  });

  it('fails when too many of its probes failed at every endpoint', () => {
    const { half, record } = circuit();
    for (let i = 0; i < 3; i++) half.tryAdmit(0);
    assert.equal(record(BAD), undefined);
    assert.equal(record(BAD, 'b'), 'failed');
  });

  it('passes when an endpoint is well: a single bad one is the affair of outlier detection', () => {
    const { half, record } = circuit();
    for (let i = 0; i < 3; i++) half.tryAdmit(0);
    assert.equal(record(GOOD, 'b'), undefined);
    assert.equal(record(BAD), undefined);
    assert.equal(record(BAD), 'passed');
  });

  it('counts no call that says nothing of the service, and lets another take its place', () => {
    const { half, record } = circuit();
    for (let i = 0; i < 3; i++) half.tryAdmit(0);
    assert.equal(record(NEUTRAL), undefined);
    assert.equal(half.counts(0).calls, 0);
    assert.equal(half.tryAdmit(0), true);
    assert.equal(half.tryAdmit(0), false);
  });

  it('lets others through when its probes do not come back within their patience', () => {
    const { half } = circuit();
    for (let i = 0; i < 3; i++) half.tryAdmit(0);
    assert.equal(half.patienceEnds, 5_000);
    assert.equal(half.tryAdmit(4_999), false);
    assert.equal(half.tryAdmit(5_000), true);
    assert.equal(half.patienceEnds, 10_000);
  });

  it('is as patient as it was open', () => {
    assert.equal(circuit(20_000).half.patienceEnds, 20_000);
  });
});

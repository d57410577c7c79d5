import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { policyOptions } from '../../../src/config/schema.ts';
import type { CircuitTransition } from '../../../src/core/circuit-transition.ts';
import { silentObserver } from '../../../src/core/events.ts';
import type { CircuitBreaker, Permit } from '../../../src/policy/breaker/circuit-breaker.ts';
import { Protections } from '../../../src/service/protections.ts';
import type { ServicePolicy } from '../../../src/service/service-policy.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';

function policy(options: object = {}): ServicePolicy {
  return { ...policyOptions.parse(options), routes: [], configuredAt: 0 };
}

function world({ causes = (): string | undefined => undefined } = {}) {
  const transitions: CircuitTransition[] = [];
  const dependencies = {
    service: 'payments',
    clock: new FakeClock(),
    random: seededRandom(1),
    observer: {
      ...silentObserver,
      circuitChanged: (_service: string, transition: CircuitTransition) => transitions.push(transition),
    },
    usable: () => ['a'],
    causes,
    describeEndpoints: () => '',
  };
  const make = (options: object, previous?: Protections) =>
    new Protections(policy(options), dependencies, previous);
  return { make, transitions };
}

const FAILED = { kind: 'judged', failed: true, slow: false } as const;
const AT_A = [{ endpointId: 'a', failed: true, slow: false }];

function admitted(circuit: CircuitBreaker): Permit {
  const permit = circuit.admit(0);
  assert.ok(permit.admitted);
  return permit;
}

describe('the protections of a service', () => {
  it('keep the state of each part whose options stay the same', () => {
    const { make } = world();
    const before = make({ rateLimit: { service: { requests: 10 } }, adaptiveConcurrency: {} });
    const after = make(
      { rateLimit: { service: { requests: 10 } }, adaptiveConcurrency: {}, timeout: { request: '1s' } },
      before,
    );
    assert.equal(after.circuit, before.circuit);
    assert.equal(after.bulkhead, before.bulkhead);
    assert.deepEqual(after.limits, before.limits);
    for (const [i, stage] of after.limits.entries()) assert.equal(stage, before.limits[i]);
  });

  it('make anew each part whose options change, and no other', () => {
    const { make } = world();
    const before = make({ rateLimit: { service: { requests: 10 } } });
    const after = make({ rateLimit: { service: { requests: 20 } }, circuitBreaker: { probes: 7 } }, before);
    assert.notEqual(after.circuit, before.circuit);
    assert.equal(after.bulkhead, before.bulkhead);
    assert.notEqual(after.limits[0], before.limits[0]);
    assert.equal(after.limits[1], before.limits[1]);
  });

  it('are as many as are on', () => {
    const { make } = world();
    const off = make({ circuitBreaker: false });
    assert.equal(off.circuit, undefined);
    assert.deepEqual(off.circuitFor(policy()), []);
    assert.equal(off.limits.length, 1);
    assert.equal(
      make({ rateLimit: { service: { requests: 1 } }, adaptiveConcurrency: {} }, off).limits.length,
      3,
    );
  });

  it('switch the circuit off for a running service, and on again as a new one', () => {
    const { make } = world();
    const before = make({});
    const off = make({ circuitBreaker: false }, before);
    assert.equal(off.circuit, undefined);
    const on = make({}, off);
    assert.ok(on.circuit !== undefined);
    assert.notEqual(on.circuit, before.circuit);
  });

  it('report an open circuit with what its endpoints have in common', () => {
    const { make, transitions } = world({ causes: () => 'connection refused by 1 of 1' });
    const { circuit } = make({ circuitBreaker: { consecutiveFailures: 2 } });
    assert.ok(circuit !== undefined);
    for (let i = 0; i < 2; i++) {
      const permit = admitted(circuit);
      circuit.settle(permit, FAILED, AT_A, 0);
    }
    assert.equal(transitions[0]?.to, 'open');
    assert.match(transitions[0]?.detail ?? '', /[^.]: connection refused by 1 of 1\.$/);
  });
});

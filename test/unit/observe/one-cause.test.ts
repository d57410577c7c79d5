import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CircuitTransition } from '../../../src/core/circuit-transition.ts';
import { combineObservers } from '../../../src/core/events.ts';
import { oneCauseOneReport } from '../../../src/observe/one-cause.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const UNREACHABLE = { kind: 'unreachable', detail: 'connect ECONNREFUSED 127.0.0.1:8500' } as const;
const DENIED = { kind: 'permission_denied', detail: 'no permission' } as const;

test('services that fail with Consul are left to what is said of Consul, and so is their recovery', () => {
  const { observer, heard, fail } = setUp();
  fail(UNREACHABLE.detail);
  observer.discoveryFailed('payments', UNREACHABLE);
  observer.discoveryFailed('fraud', UNREACHABLE);
  observer.discoveryFailed('inventory', DENIED);
  fail(undefined);
  for (const service of ['payments', 'fraud', 'inventory']) observer.discoveryRecovered(service);
  assert.deepEqual(heard, ['failed inventory', 'recovered inventory']);
});

test('that Consul lost its data is reported of the first service, and again after a minute', () => {
  const { observer, heard, clock } = setUp();
  const lost = { kind: 'suspicious_shrink', detail: 'Consul lists no instance any more' } as const;
  observer.discoveryFailed('payments', lost);
  observer.discoveryFailed('fraud', lost);
  observer.discoveryFailed('ledger', { ...lost, detail: 'DNS has no records for ledger now' });
  clock.advance(60_000);
  observer.discoveryFailed('inventory', { ...lost, detail: 'DNS has no records for ledger now' });
  for (const service of ['payments', 'fraud']) observer.discoveryRecovered(service);
  assert.deepEqual(heard, ['failed payments', 'failed ledger', 'failed inventory', 'recovered payments']);
});

test('a circuit that opens every two seconds is one report a minute, with a count', () => {
  const { observer, heard, clock } = setUp();
  observer.circuitChanged('payments', transition('closed', 'open'));
  for (let i = 0; i < 40; i++) {
    clock.advance(1_000);
    observer.circuitChanged('payments', transition('open', 'half_open'));
    clock.advance(1_000);
    observer.circuitChanged('payments', transition('half_open', 'open'));
  }
  assert.equal(heard.length, 3);
  assert.deepEqual(heard.slice(0, 2), ['open: refused.', 'half_open: refused.']);
  assert.match(heard[2] ?? '', /^(half_)?open: It opened \d+ times since \d\d:\d\d:\d\d UTC\. refused\.$/);
});

test('the last state of a circuit that came to rest is reported, late at most by a minute', () => {
  const { observer, heard, clock } = setUp();
  observer.circuitChanged('payments', transition('closed', 'open'));
  observer.circuitChanged('payments', transition('open', 'half_open'));
  observer.circuitChanged('payments', transition('half_open', 'open'));
  observer.circuitChanged('payments', transition('half_open', 'closed'));
  assert.equal(heard.length, 2);
  clock.advance(60_000);
  assert.match(heard[2] ?? '', /^closed: It opened twice since /);
});

test('what an operator does is left to what is said of the operator, and a trial to what comes of it', () => {
  const { observer, heard } = setUp();
  const share = { ejected: 1, total: 2, cap: 1 };
  const common = { endpointId: 'node/payments-1', at: 0, share };
  const ejected = { ...common, type: 'ejected', detection: undefined, durationMs: 30_000 } as const;
  observer.outlierTransition('payments', '10.0.0.1:80', { ...ejected, reason: 'operator' });
  observer.outlierTransition('payments', '10.0.0.1:80', { ...common, type: 'unejected_by_operator' });
  observer.circuitChanged('payments', { ...transition('closed', 'isolated'), cause: 'operator' });
  observer.circuitChanged('payments', { ...transition('isolated', 'closed'), cause: 'operator' });
  assert.deepEqual(heard, []);
  observer.outlierTransition('payments', '10.0.0.1:80', { ...common, type: 'probing' });
  observer.outlierTransition('payments', '10.0.0.1:80', { ...ejected, reason: 'probe_failure' });
  assert.deepEqual(heard, ['ejected by probe_failure']);
});

test('what waits to be told of a circuit is not once an operator has moved it', () => {
  const { observer, heard, clock } = setUp();
  for (let i = 0; i < 5; i++) observer.circuitChanged('payments', transition('half_open', 'open'));
  observer.circuitChanged('payments', { ...transition('open', 'closed'), cause: 'operator' });
  clock.advance(120_000);
  assert.deepEqual(heard, ['open: refused.']);
});

function transition(from: CircuitTransition['from'], to: CircuitTransition['to']): CircuitTransition {
  return { from, to, cause: 'probes_failed', detail: 'refused.', at: 0, openForMs: undefined };
}

test('the circuit of a service that is closed is not told of, at once or later', () => {
  const { observer, heard, clock } = setUp();
  observer.serviceClosed('payments');
  for (let i = 0; i < 3; i++) observer.circuitChanged('payments', transition('closed', 'open'));
  clock.advance(120_000);
  assert.deepEqual(heard, []);
});

function setUp() {
  const clock = new FakeClock();
  const heard: string[] = [];
  let failure: string | undefined;
  const people = combineObservers(
    [
      {
        discoveryFailed: (service) => heard.push(`failed ${service}`),
        discoveryRecovered: (service) => heard.push(`recovered ${service}`),
        outlierTransition: (_service, _authority, transition) =>
          heard.push('reason' in transition ? `${transition.type} by ${transition.reason}` : transition.type),
        circuitChanged: (_service, { to, detail }) => heard.push(`${to}: ${detail}`),
      },
    ],
    () => {},
  );
  const observer = combineObservers([oneCauseOneReport(people, clock, () => failure)], () => {});
  for (const service of ['payments', 'fraud']) observer.serviceOpened(service);
  const fail = (detail: string | undefined): void => {
    failure = detail;
  };
  return { observer, heard, clock, fail };
}

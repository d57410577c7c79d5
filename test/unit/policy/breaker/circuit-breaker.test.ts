import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CircuitTransition } from '../../../../src/core/circuit-transition.ts';
import type { CircuitRefusal, Permit } from '../../../../src/policy/breaker/circuit-breaker.ts';
import { CircuitBreaker } from '../../../../src/policy/breaker/circuit-breaker.ts';
import { circuitBreakerOptions } from '../../../../src/policy/breaker/circuit-breaker-options.ts';
import type { CallOutcome } from '../../../../src/policy/call-outcome.ts';

const FAILED: CallOutcome = { kind: 'judged', failed: true, slow: false };
const GOOD: CallOutcome = { kind: 'judged', failed: false, slow: false };
const SLOW: CallOutcome = { kind: 'judged', failed: false, slow: true };
const NEUTRAL: CallOutcome = { kind: 'neutral' };

class Fixture {
  usable = ['a'];
  now = 0;
  readonly transitions: CircuitTransition[] = [];
  readonly circuit: CircuitBreaker;

  constructor(options: object = {}) {
    this.circuit = new CircuitBreaker(
      circuitBreakerOptions.parse({ openFor: '5s', maxOpenFor: '60s', ...options }),
      { usable: () => this.usable, onTransition: (transition) => this.transitions.push(transition) },
      this.now,
    );
  }

  begin(): Permit {
    const admission = this.circuit.admit(this.now);
    assert.ok(admission.admitted, `refused while ${this.circuit.state}`);
    return admission;
  }

  /** Of a call that is refused, until calls are tried again. */
  retryAfterMs(): number {
    const refusal = this.refused();
    assert.ok(refusal.state !== 'isolated');
    return refusal.retryAfterMs;
  }

  refused(): CircuitRefusal {
    const admission = this.circuit.admit(this.now);
    assert.ok(!admission.admitted, 'the call was let through');
    return admission;
  }

  end(permit: Permit, outcome: CallOutcome, endpointId = 'a'): void {
    const attempts =
      outcome.kind === 'judged' ? [{ endpointId, failed: outcome.failed, slow: outcome.slow }] : [];
    this.circuit.settle(permit, outcome, attempts, this.now);
  }

  call(outcome: CallOutcome, endpointId = 'a', times = 1): void {
    for (let i = 0; i < times; i++) this.end(this.begin(), outcome, endpointId);
  }

  /** Open by ten failures in a row. */
  opened(): this {
    this.call(FAILED, 'a', 10);
    assert.equal(this.circuit.state, 'open');
    return this;
  }
}

test('failures in a row open the circuit, a success between them does not let them', () => {
  const fixture = new Fixture();
  fixture.call(FAILED, 'a', 9);
  fixture.call(GOOD);
  fixture.call(FAILED, 'a', 9);
  assert.equal(fixture.circuit.state, 'closed');
  fixture.call(FAILED);
  assert.equal(fixture.circuit.state, 'open');
  assert.equal(fixture.transitions[0]?.cause, 'consecutive_failures');
  assert.equal(fixture.transitions[0]?.openForMs, 5_000);
});

test('failures in a row that lie further apart than the window do not add up', () => {
  const fixture = new Fixture();
  fixture.call(FAILED, 'a', 9);
  fixture.now += 10_000;
  fixture.call(FAILED, 'a', 9);
  assert.equal(fixture.circuit.state, 'closed');
});

test('a share of failures opens the circuit at twenty calls, not before', () => {
  const fixture = new Fixture({ consecutiveFailures: 1_000 });
  for (let i = 0; i < 9; i++) {
    fixture.call(GOOD);
    fixture.call(FAILED);
  }
  fixture.call(FAILED);
  assert.equal(fixture.circuit.state, 'closed');
  fixture.call(FAILED);
  assert.equal(fixture.transitions.at(-1)?.cause, 'failure_ratio');
});

test('the share is that of the window: what is older does not count', () => {
  const fixture = new Fixture({ consecutiveFailures: 1_000 });
  fixture.call(FAILED, 'a', 19);
  fixture.now += 10_000;
  fixture.call(FAILED, 'a', 19);
  assert.equal(fixture.circuit.state, 'closed');
});

test('slow answers open the circuit when it is told what is slow', () => {
  const fixture = new Fixture({ slowCalls: { slowerThan: '1s' } });
  fixture.call(SLOW, 'a', 20);
  assert.equal(fixture.transitions.at(-1)?.cause, 'slow_ratio');
});

test('slow answers open nothing unless it is told what is slow', () => {
  const fixture = new Fixture();
  fixture.call(SLOW, 'a', 100);
  assert.equal(fixture.circuit.state, 'closed');
});

test('one failing endpoint never opens the circuit, however many calls it fails', () => {
  const fixture = new Fixture();
  fixture.usable = ['a', 'b'];
  fixture.call(GOOD, 'b');
  fixture.call(FAILED, 'a', 1_000);
  assert.equal(fixture.circuit.state, 'closed');
});

test('an endpoint of which nothing is known is not taken for a failing one', () => {
  const fixture = new Fixture();
  fixture.usable = ['a', 'new'];
  fixture.call(FAILED, 'a', 100);
  assert.equal(fixture.circuit.state, 'closed');
  fixture.call(FAILED, 'new');
  assert.equal(fixture.circuit.state, 'open');
});

test('an endpoint that is not usable has no say', () => {
  const fixture = new Fixture();
  fixture.usable = ['a', 'b'];
  fixture.call(GOOD, 'b');
  fixture.usable = ['a'];
  fixture.call(FAILED, 'a', 10);
  assert.equal(fixture.circuit.state, 'open');
});

test('the death of one endpoint is no evidence against another that fails once', () => {
  for (const [options, more] of [
    [{}, 9],
    [{ consecutiveFailures: 1_000 }, 19],
  ] as const) {
    const fixture = new Fixture(options);
    fixture.usable = ['dead', 'b'];
    fixture.call(FAILED, 'dead', 100);
    fixture.usable = ['b'];
    fixture.call(FAILED, 'b');
    assert.equal(fixture.circuit.state, 'closed');
    fixture.call(FAILED, 'b', more);
    assert.equal(fixture.circuit.state, 'open', 'what b does itself is evidence');
  }
});

test('with no usable endpoint there is nothing to break', () => {
  const fixture = new Fixture();
  fixture.usable = [];
  fixture.call(FAILED, 'a', 100);
  assert.equal(fixture.circuit.state, 'closed');
});

test('whatever fails, the circuit stays closed while some usable endpoint answers well each time', () => {
  const endpoints = ['a', 'b', 'c'];
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom('a', 'b', 'good'), fc.integer({ min: 0, max: 400 })), {
        maxLength: 300,
      }),
      (calls) => {
        const fixture = new Fixture();
        fixture.usable = [...endpoints, 'good'];
        fixture.call(GOOD, 'good');
        for (const [endpoint, passed] of calls) {
          fixture.now += passed;
          fixture.call(endpoint === 'good' ? GOOD : FAILED, endpoint);
          fixture.call(FAILED, 'c');
        }
        assert.deepEqual(fixture.transitions, []);
      },
    ),
  );
});

test('an open circuit refuses at once and says when it will try again', () => {
  const fixture = new Fixture().opened();
  assert.equal(fixture.retryAfterMs(), 5_000);
  fixture.now = 4_999;
  assert.equal(fixture.retryAfterMs(), 1);
  fixture.now = 5_000;
  fixture.begin();
  assert.equal(fixture.circuit.state, 'half_open');
});

test('probes that end later than the patience with them decide all the same', () => {
  for (const [outcome, state] of [
    [FAILED, 'open'],
    [GOOD, 'closed'],
  ] as const) {
    const fixture = new Fixture({ probes: 3 }).opened();
    fixture.now += 5_000;
    const late = [fixture.begin(), fixture.begin(), fixture.begin()];
    // Others take their place once the patience is over.
    fixture.now += 5_000;
    fixture.begin();
    for (const probe of late) fixture.end(probe, outcome);
    assert.equal(fixture.circuit.state, state);
  }
});

test('half-open lets exactly as many calls through as there are probes, and refuses the others', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 50 }), (probes, others) => {
      const fixture = new Fixture({ probes }).opened();
      fixture.now += 5_000;
      let admitted = 0;
      for (let i = 0; i < probes + others; i++) {
        if (fixture.circuit.admit(fixture.now).admitted) admitted++;
      }
      assert.equal(admitted, probes);
    }),
  );
});

test('probes that go well close the circuit', () => {
  const fixture = new Fixture().opened();
  fixture.now += 5_000;
  fixture.call(GOOD, 'a', 2);
  assert.equal(fixture.circuit.state, 'half_open');
  fixture.call(GOOD);
  assert.equal(fixture.circuit.state, 'closed');
  assert.equal(fixture.transitions.at(-1)?.cause, 'probes_passed');
});

test('when all probes are out it waits for no more of them than it takes to be sure', () => {
  for (const [outcome, state] of [
    [GOOD, 'closed'],
    [FAILED, 'open'],
  ] as const) {
    const fixture = new Fixture().opened();
    fixture.now += 5_000;
    const [first, second] = [fixture.begin(), fixture.begin(), fixture.begin()];
    fixture.end(first, outcome);
    assert.equal(fixture.circuit.state, 'half_open');
    fixture.end(second, outcome);
    assert.equal(fixture.circuit.state, state);
  }
});

test('probes that fail open it again for twice as long, up to the longest', () => {
  const fixture = new Fixture({ openFor: '5s', maxOpenFor: '15s', probes: 1 }).opened();
  for (const expected of [10_000, 15_000, 15_000]) {
    fixture.now += 60_000;
    fixture.call(FAILED);
    assert.equal(fixture.transitions.at(-1)?.cause, 'probes_failed');
    assert.equal(fixture.retryAfterMs(), expected);
  }
  fixture.now += 60_000;
  fixture.call(GOOD);
  fixture.opened();
  assert.equal(fixture.retryAfterMs(), 5_000);
});

test('a probe that says nothing gives its place to another', () => {
  const fixture = new Fixture({ probes: 1 }).opened();
  fixture.now += 5_000;
  const probe = fixture.begin();
  fixture.refused();
  fixture.end(probe, NEUTRAL);
  fixture.call(GOOD);
  assert.equal(fixture.circuit.state, 'closed');
});

test('probes that never end do not close the service for ever, and count when they end after all', () => {
  const fixture = new Fixture({ probes: 1 }).opened();
  fixture.now += 5_000;
  const lost = fixture.begin();
  fixture.now += 4_999;
  assert.equal(fixture.retryAfterMs(), 1);
  fixture.now += 1;
  fixture.begin();
  fixture.refused();
  fixture.end(lost, GOOD);
  assert.equal(fixture.circuit.state, 'closed');
});

test('probes that fail at one endpoint do not open it again when another answers well', () => {
  const fixture = new Fixture();
  fixture.usable = ['a', 'b'];
  fixture.call(FAILED, 'b');
  fixture.call(FAILED, 'a', 9);
  assert.equal(fixture.circuit.state, 'open');
  fixture.now += 5_000;
  fixture.call(GOOD, 'b');
  fixture.call(FAILED, 'a', 2);
  assert.equal(fixture.circuit.state, 'closed');
});

test('the outcome of a call that began in an earlier state moves no later one', () => {
  const fixture = new Fixture({ probes: 1 });
  const early = Array.from({ length: 40 }, () => fixture.begin());
  fixture.opened();
  fixture.now += 5_000;
  const probe = fixture.begin();
  for (const permit of early.slice(0, 20)) fixture.end(permit, FAILED);
  assert.equal(fixture.circuit.state, 'half_open');
  fixture.end(probe, GOOD);
  for (const permit of early.slice(20)) fixture.end(permit, FAILED);
  assert.equal(fixture.circuit.state, 'closed');
  assert.equal(fixture.circuit.view(fixture.now).calls, 0);
});

test('an endpoint that appears while it is open is tried at once', () => {
  const fixture = new Fixture().opened();
  fixture.usable = ['a', 'new'];
  fixture.begin();
  assert.equal(fixture.transitions.at(-1)?.cause, 'endpoint_returned');
});

test('an endpoint that went away while it is open and came back is tried at once', () => {
  const fixture = new Fixture().opened();
  fixture.usable = [];
  fixture.refused();
  fixture.usable = ['a'];
  fixture.begin();
  assert.equal(fixture.circuit.state, 'half_open');
});

test('an operator isolates the service until the circuit is closed again', () => {
  const fixture = new Fixture();
  const early = fixture.begin();
  fixture.circuit.isolate(fixture.now);
  fixture.now += 1_000_000;
  assert.deepEqual(fixture.refused(), { admitted: false, state: 'isolated', why: undefined });
  fixture.end(early, GOOD);
  fixture.refused();
  fixture.circuit.close(fixture.now);
  fixture.call(GOOD);
  assert.deepEqual(
    fixture.transitions.map(({ from, to, cause }) => [from, to, cause]),
    [
      ['closed', 'isolated', 'operator'],
      ['isolated', 'closed', 'operator'],
    ],
  );
});

test('what a call would be refused with can be read without moving anything', () => {
  const fixture = new Fixture();
  assert.equal(fixture.circuit.certainRefusal(fixture.now), undefined);
  fixture.opened();
  const refusal = fixture.circuit.certainRefusal(fixture.now);
  assert.deepEqual(refusal, fixture.refused());
  const { usable } = fixture;
  fixture.usable = [...usable, 'new'];
  assert.equal(fixture.circuit.certainRefusal(fixture.now), undefined, 'an endpoint came');
  fixture.usable = usable;
  assert.equal(fixture.circuit.certainRefusal(fixture.now + 1_000_000), undefined, 'its time is over');
  assert.equal(fixture.circuit.state, 'open');
  fixture.circuit.isolate(fixture.now, 'moving');
  assert.deepEqual(fixture.circuit.certainRefusal(fixture.now), {
    admitted: false,
    state: 'isolated',
    why: 'moving',
  });
});

test('an operator closes an open circuit, and it forgets what opened it', () => {
  const fixture = new Fixture().opened();
  fixture.circuit.close(fixture.now);
  fixture.call(FAILED, 'a', 9);
  assert.equal(fixture.circuit.state, 'closed');
});

test('neutral outcomes neither open the circuit nor break a row of failures', () => {
  const fixture = new Fixture();
  fixture.call(NEUTRAL, 'a', 1_000);
  assert.equal(fixture.circuit.state, 'closed');
  fixture.call(FAILED, 'a', 9);
  fixture.call(NEUTRAL);
  fixture.call(FAILED);
  assert.equal(fixture.circuit.state, 'open');
});

test('it goes only the ways that its states allow, whatever happens', () => {
  const ways = new Set([
    'closed>open',
    'open>half_open',
    'half_open>open',
    'half_open>closed',
    'closed>isolated',
    'open>isolated',
    'half_open>isolated',
    'isolated>closed',
    'open>closed',
    'closed>closed',
  ]);
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          { weight: 12, arbitrary: fc.constantFrom('begin', 'fail', 'fail', 'fail', 'good', 'neutral') },
          { weight: 3, arbitrary: fc.integer({ min: 0, max: 8_000 }) },
          { weight: 1, arbitrary: fc.constantFrom('isolate', 'close', 'swap') },
        ),
        { maxLength: 200 },
      ),
      (steps) => {
        const fixture = new Fixture({ consecutiveFailures: 2, probes: 2 });
        const open: Permit[] = [];
        for (const step of steps) {
          if (typeof step === 'number') fixture.now += step;
          else if (step === 'begin') {
            const admission = fixture.circuit.admit(fixture.now);
            if (admission.admitted) open.push(admission);
            else assert.ok(admission.state === 'isolated' || admission.retryAfterMs > 0);
          } else if (step === 'isolate') fixture.circuit.isolate(fixture.now);
          else if (step === 'close') fixture.circuit.close(fixture.now);
          else if (step === 'swap') fixture.usable = fixture.usable[0] === 'a' ? ['a', 'b'] : ['a'];
          else {
            const permit = open.shift();
            const outcome = step === 'fail' ? FAILED : step === 'good' ? GOOD : NEUTRAL;
            if (permit !== undefined) fixture.end(permit, outcome);
          }
        }
        let state = 'closed';
        for (const { from, to } of fixture.transitions) {
          assert.equal(from, state);
          assert.ok(ways.has(`${from}>${to}`), `${from}>${to}`);
          state = to;
        }
        assert.equal(fixture.circuit.state, state);
        for (const permit of open) fixture.end(permit, FAILED);
        fixture.now += 600_000;
        if (fixture.circuit.state !== 'isolated') fixture.begin();
      },
    ),
  );
});

test('the options say what is wrong with them', () => {
  const wrong = circuitBreakerOptions.safeParse({ openFor: '10s', maxOpenFor: '5s' });
  assert.deepEqual(wrong.error?.issues[0]?.path, ['maxOpenFor']);
  assert.equal(circuitBreakerOptions.safeParse({ failureRatio: 0 }).success, false);
});

test('a longer openFor alone is its own longest', () => {
  assert.equal(circuitBreakerOptions.parse({ openFor: '1m' }).maxOpenFor, 60_000);
});

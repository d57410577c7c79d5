import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PacedResponse } from '../../../../src/policy/faults/paced-response.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { CollectingSink, TestResponse } from '../../../support/resilience-calls.ts';

/** 100 bytes a second are 5 in each slice of 50 ms. */
function paced() {
  const clock = new FakeClock();
  const source = new TestResponse(200);
  const response = new PacedResponse(source, 100, clock);
  const sink = new CollectingSink();
  response.deliver(sink);
  return { clock, source, response, sink };
}

describe('a response at a rate', () => {
  it('goes on in slices of that rate, and ends behind the last one', () => {
    const { clock, source, sink } = paced();
    source.data('0123456789abc');
    source.end();
    assert.equal(sink.text, '01234');
    assert.equal(source.paused, true);
    clock.advance(49);
    assert.equal(sink.text, '01234');
    clock.advance(1);
    assert.equal(sink.text, '0123456789');
    assert.equal(sink.outcome, undefined);
    clock.advance(50);
    assert.equal(sink.text, '0123456789abc');
    assert.equal(sink.outcome, 'whole');
    assert.equal(clock.pendingTimers, 0);
  });

  it('lets its source go on when all of a part has gone', () => {
    const { clock, source, sink } = paced();
    source.data('0123456789');
    clock.advance(50);
    assert.equal(sink.text, '0123456789');
    assert.equal(source.paused, false);
  });

  it('is no slower for timers that fire late, and does not make up for time in which nothing came', () => {
    const { clock, source, sink } = paced();
    source.data('01234');
    clock.advance(10_000);
    source.data('x'.repeat(20));
    assert.ok(sink.text.length <= 15, `${sink.text.length} bytes at once`);
    clock.advance(200);
    assert.equal(sink.text.length, 25);
  });

  it('waits for its reader beside its rate', () => {
    const { clock, source, response, sink } = paced();
    sink.accepts = false;
    source.data('0123456789');
    clock.advance(1_000);
    assert.equal(sink.text, '01234');
    sink.accepts = true;
    response.resume();
    assert.equal(sink.text, '0123456789');
  });

  it('that breaks does so behind what came', () => {
    const { clock, source, sink } = paced();
    source.data('0123456789');
    const failure = { reason: 'upstream_reset', neverSent: false, detail: 'reset' } as const;
    source.break(failure);
    assert.equal(sink.outcome, undefined);
    clock.advance(50);
    assert.equal(sink.text, '0123456789');
    assert.equal(sink.outcome, failure);
  });

  it('that nobody wants any more leaves no timer, and abandons its source', () => {
    const { clock, source, response, sink } = paced();
    source.data('0123456789');
    response.abandon();
    assert.equal(source.abandoned, true);
    clock.advance(1_000);
    assert.equal(sink.text, '01234');
    assert.equal(clock.pendingTimers, 0);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FanOut } from '../../../../src/policy/hedging/fan-out.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { CollectingSink, TestResponse } from '../../../support/resilience-calls.ts';

function shared(readers: number) {
  const clock = new FakeClock();
  const response = new TestResponse(200);
  let over = 0;
  const fanOut = new FanOut(response, {
    clock,
    bufferBytes: 4,
    patienceMs: 100,
    onOver: () => over++,
  });
  const branches = Array.from({ length: readers }, () => fanOut.branch());
  const sinks = branches.map(() => new CollectingSink());
  const read = (i: number) => branches[i]?.deliver(sinks[i] as CollectingSink);
  return { clock, response, branches, sinks, read, ends: () => over };
}

describe('a response for several readers', () => {
  it('reaches each of them whole', () => {
    const { response, sinks, read, ends } = shared(2);
    read(0);
    response.data('ab');
    read(1);
    response.data('cd');
    response.end();
    assert.deepEqual(
      sinks.map(({ text }) => text),
      ['abcd', 'abcd'],
    );
    assert.deepEqual(
      sinks.map(({ outcome }) => outcome),
      ['whole', 'whole'],
    );
    assert.equal(ends(), 1);
  });

  it('waits for one that is as far behind as it may be, and goes on when that one reads', () => {
    const { response, branches, sinks, read } = shared(2);
    const [, slow] = sinks;
    assert.ok(slow !== undefined);
    slow.accepts = false;
    read(0);
    read(1);
    response.data('a');
    assert.equal(response.paused, false);
    response.data('bcde');
    assert.equal(response.paused, true);
    slow.accepts = true;
    branches[1]?.resume();
    assert.equal(slow.text, 'abcde');
    assert.equal(response.paused, false);
  });

  it('lets go of one that has kept the others waiting for too long in all', () => {
    const { clock, response, sinks, read } = shared(2);
    const [quick, slow] = sinks;
    assert.ok(quick !== undefined && slow !== undefined);
    slow.accepts = false;
    read(0);
    read(1);
    response.data('a');
    response.data('bcde');
    clock.advance(99);
    assert.equal(slow.outcome, undefined);
    clock.advance(1);
    assert.partialDeepStrictEqual(sinks[1], { outcome: { reason: 'client_gone' } });
    assert.equal(response.paused, false);
    response.data('f');
    response.end();
    assert.equal(quick.text, 'abcdef');
    assert.equal(quick.outcome, 'whole');
    assert.equal(clock.pendingTimers, 0);
  });

  it('that all read slowly is bound by no time limit', () => {
    const { clock, response, sinks, read } = shared(2);
    for (const sink of sinks) sink.accepts = false;
    read(0);
    read(1);
    response.data('a');
    response.data('bcde');
    assert.equal(response.paused, true);
    clock.advance(10_000);
    assert.deepEqual(
      sinks.map(({ outcome }) => outcome),
      [undefined, undefined],
    );
  });

  it('is abandoned when the last of them has left, and not before', () => {
    const { response, branches, read, ends } = shared(2);
    read(0);
    branches[0]?.abandon();
    assert.equal(response.abandoned, false);
    branches[1]?.abandon();
    assert.equal(response.abandoned, true);
    assert.equal(ends(), 1);
    branches[1]?.abandon();
    assert.equal(ends(), 1);
  });

  it('breaks for each of them, also for one that has not begun to read', () => {
    const { response, sinks, read } = shared(2);
    read(0);
    const failure = { reason: 'upstream_reset', neverSent: false, detail: 'reset' } as const;
    response.break(failure);
    read(1);
    assert.deepEqual(
      sinks.map(({ outcome }) => outcome),
      [failure, failure],
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ReplayBudget } from '../../../src/proxy/replay-budget.ts';
import { ReplayableBody } from '../../../src/proxy/replayable-body.ts';
import { wholeBody } from '../../support/bodies.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { PushedBody, ReadingSink } from '../../support/pushed-body.ts';

const FAULT = { reason: 'client_gone', detail: 'the client left' } as const;

function arriving({ perRequest = 10, capacity = 100 } = {}) {
  const clock = new FakeClock();
  const source = new PushedBody();
  const budget = new ReplayBudget(capacity);
  const content = new ReplayableBody(source, { perRequest, budget }, clock);
  const attempt = () => {
    const sink = new ReadingSink();
    const body = content.open();
    assert.ok(body !== undefined);
    body.deliver(sink);
    return { sink, body };
  };
  return { clock, source, budget, content, attempt };
}

describe('the content of a request', () => {
  it('is begun to be read by the first attempt only', () => {
    const { source, content, attempt } = arriving();
    content.open();
    assert.equal(source.delivered, 0);
    attempt();
    attempt();
    assert.equal(source.delivered, 1);
  });

  it('is given from the beginning to each attempt, and goes on with the last one', () => {
    const { source, attempt } = arriving();
    const first = attempt();
    source.push('ab');
    const second = attempt();
    source.push('cd');
    source.end(['x-sum', '1']);
    assert.equal(first.sink.text, 'ab');
    assert.equal(first.sink.trailers, undefined);
    assert.equal(second.sink.text, 'abcd');
    assert.deepEqual(second.sink.trailers, ['x-sum', '1']);
    assert.equal(attempt().sink.text, 'abcd');
  });

  it('says since when it is there, and how much of it came', () => {
    const { clock, source, content, attempt } = arriving();
    attempt();
    source.push('abc');
    assert.equal(content.arriving, true);
    assert.equal(content.arrivedAt, undefined);
    clock.advance(7);
    source.end();
    assert.equal(content.arriving, false);
    assert.equal(content.arrivedAt, 7);
    assert.equal(content.received, 3);
  });

  it('is kept up to the limit of one request; beyond it no attempt can begin again, and the memory is given back', () => {
    const { source, budget, content, attempt } = arriving({ perRequest: 4 });
    const { sink } = attempt();
    source.push('abcd');
    assert.equal(content.replayable, true);
    assert.equal(budget.used, 4);
    source.push('e');
    assert.equal(content.replayable, false);
    assert.equal(budget.used, 0);
    assert.equal(sink.text, 'abcde');
    assert.throws(() => content.open(), /not kept/);
  });

  it('is kept only while the memory of all requests together has room', () => {
    const { source, budget, content, attempt } = arriving({ capacity: 3 });
    budget.take(2);
    attempt();
    source.push('ab');
    assert.equal(content.replayable, false);
    assert.equal(budget.used, 2);
  });

  it('that comes while no attempt reads is held whatever the limits are, and the client has to wait', () => {
    const { source, budget, content, attempt } = arriving({ perRequest: 2, capacity: 2 });
    const first = attempt();
    first.body.abandon();
    assert.equal(source.push('abcd'), false);
    assert.equal(budget.used, 4);
    const second = attempt();
    assert.equal(second.sink.text, 'abcd');
    assert.equal(source.resumed, 1);
    assert.equal(content.replayable, false);
    assert.equal(budget.used, 0);
  });

  it('waits when its attempt does, and goes on for that attempt alone', () => {
    const { source, attempt } = arriving();
    const first = attempt();
    first.sink.accepts = false;
    assert.equal(source.push('a'), false);
    const second = attempt();
    assert.equal(source.resumed, 1);
    second.sink.accepts = false;
    assert.equal(source.push('b'), false);
    first.body.resume();
    assert.equal(source.resumed, 1);
    second.body.resume();
    second.body.resume();
    assert.equal(source.resumed, 2);
  });

  it('that breaks off is broken for the attempt under way and for every later one', () => {
    const { source, content, attempt } = arriving();
    const first = attempt();
    source.push('a');
    source.break(FAULT);
    assert.equal(first.sink.fault, FAULT);
    assert.equal(content.arriving, false);
    const second = attempt();
    assert.equal(second.sink.text, 'a');
    assert.equal(second.sink.fault, FAULT);
  });

  it('is let go with the response: what is kept is given back, and what still comes goes nowhere', () => {
    const { source, budget, content, attempt } = arriving();
    const { sink } = attempt();
    source.push('ab');
    content.discard();
    assert.equal(budget.used, 0);
    assert.equal(source.abandoned, true);
    source.push('c');
    assert.equal(sink.text, 'ab');
    content.discard();
    assert.equal(budget.used, 0);
  });

  it('is not abandoned when all of it came', () => {
    const { source, content, attempt } = arriving();
    attempt();
    source.end();
    content.discard();
    assert.equal(source.abandoned, false);
  });

  it('that came with the head is at hand as often as it is wanted, and costs nothing', () => {
    const budget = new ReplayBudget(0);
    const content = new ReplayableBody(wholeBody('abc'), { perRequest: 0, budget }, new FakeClock());
    content.release();
    assert.equal(content.replayable, true);
    assert.equal(content.open()?.whole?.toString(), 'abc');
    assert.equal(content.open()?.whole?.toString(), 'abc');
    assert.equal(content.arriving, false);
    assert.equal(content.received, 3);
    assert.equal(budget.used, 0);
  });

  it('is awaited by the endpoint from the moment an attempt sends until its last byte left', () => {
    const { clock, content, attempt } = arriving();
    attempt();
    assert.equal(content.awaited, false);
    content.leaves();
    assert.equal(content.awaited, true);
    clock.advance(5);
    content.left();
    assert.equal(content.awaited, false);
    assert.equal(content.arrivedAt, 5);
    attempt();
    content.leaves();
    assert.equal(content.awaited, true);
  });
});

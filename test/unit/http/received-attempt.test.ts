import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AttemptObserver, TransportFailure } from '../../../src/http/attempt.ts';
import { ReceivedAttempt } from '../../../src/http/received-attempt.ts';
import { CollectingSink } from '../../support/resilience-calls.ts';

const RESET: TransportFailure = { reason: 'upstream_reset', neverSent: false, detail: 'reset' };
const TIMEOUT: TransportFailure = { reason: 'upstream_timeout', neverSent: false, detail: 'late' };

/** The wire's side of an attempt, in the hands of the test. */
class WireAttempt extends ReceivedAttempt {
  readonly progress = undefined;
  /** What was asked of the wire, in order. */
  readonly asked: string[] = [];
  protected override pauseBody(): void {
    this.asked.push('pause');
  }
  protected override resumeBody(): void {
    this.asked.push('resume');
  }
  protected override abort(): void {
    this.asked.push('abort');
  }
  head(status = 200): void {
    this.responded(status, '', []);
  }
  body(text: string): void {
    this.received(Buffer.from(text));
  }
  finish(): void {
    this.ended(['x-sum', '1']);
  }
  break(failure: TransportFailure): void {
    this.failed(failure);
  }
  sent(): void {
    this.requestSent();
  }
  interim(): void {
    this.informational({ status: 103, reasonPhrase: '', fields: [] });
  }
}

function attempt() {
  const heard: string[] = [];
  const closings: (TransportFailure | undefined)[] = [];
  const observer: AttemptObserver = {
    sending: () => heard.push('sending'),
    sent: () => heard.push('sent'),
    informational: ({ status }) => heard.push(`informational ${status}`),
    head: ({ status }) => heard.push(`head ${status}`),
    upgraded: () => heard.push('upgraded'),
    closed: (failure) => {
      heard.push('closed');
      closings.push(failure);
    },
  };
  return { heard, closings, wire: new WireAttempt(observer) };
}

describe('an attempt', () => {
  it('passes a whole response on, with its trailers, and closes once', () => {
    const { heard, closings, wire } = attempt();
    const sink = new CollectingSink();
    wire.sent();
    wire.interim();
    wire.head();
    wire.deliver(sink);
    wire.body('ab');
    wire.finish();
    wire.break(RESET);
    wire.cancel(TIMEOUT);
    assert.deepEqual(heard, ['sent', 'informational 103', 'head 200', 'closed']);
    assert.deepEqual(closings, [undefined]);
    assert.equal(sink.text, 'ab');
    assert.equal(sink.outcome, 'whole');
    assert.deepEqual(wire.asked, ['resume']);
  });

  it('keeps what comes before its reader, within a bound, and delivers it even when the end has come', () => {
    const { wire } = attempt();
    wire.head();
    wire.body('x'.repeat(64 * 1024 - 1));
    assert.deepEqual(wire.asked, []);
    wire.body('y');
    assert.deepEqual(wire.asked, ['pause']);
    wire.finish();
    const sink = new CollectingSink();
    wire.deliver(sink);
    assert.equal(sink.text.length, 64 * 1024);
    assert.equal(sink.outcome, 'whole');
  });

  it('gives a late reader the failure behind what came', () => {
    const { wire } = attempt();
    wire.head();
    wire.body('ab');
    wire.break(RESET);
    const sink = new CollectingSink();
    wire.deliver(sink);
    assert.equal(sink.text, 'ab');
    assert.equal(sink.outcome, RESET);
  });

  it('asks the wire to wait when its reader does', () => {
    const { wire } = attempt();
    const sink = new CollectingSink();
    sink.accepts = false;
    wire.head();
    wire.deliver(sink);
    wire.body('a');
    assert.deepEqual(wire.asked, ['resume', 'pause']);
    wire.resume();
    assert.deepEqual(wire.asked, ['resume', 'pause', 'resume']);
  });

  it('that is cancelled tells its observer before its reader, and ends the exchange', () => {
    const { closings, wire } = attempt();
    const sink = new CollectingSink();
    wire.head();
    wire.deliver(sink);
    wire.cancel(TIMEOUT);
    assert.deepEqual(closings, [TIMEOUT]);
    assert.deepEqual(wire.asked, ['resume', 'abort']);
    assert.equal(sink.outcome, TIMEOUT);
  });

  it('whose response is not wanted any more delivers nothing, not even that', () => {
    const { closings, wire } = attempt();
    const sink = new CollectingSink();
    wire.head();
    wire.deliver(sink);
    wire.abandon();
    wire.body('late');
    assert.equal(closings[0]?.reason, 'client_gone');
    assert.equal(sink.text, '');
    assert.equal(sink.outcome, undefined);
    assert.deepEqual(wire.asked, ['resume', 'abort']);
  });

  it('hears of nothing after its end', () => {
    const { heard, wire } = attempt();
    wire.break(RESET);
    wire.sent();
    wire.interim();
    wire.head();
    assert.deepEqual(heard, ['closed']);
  });

  it('does not say that the request was sent after the response came', () => {
    const { heard, wire } = attempt();
    wire.head(413);
    wire.sent();
    assert.deepEqual(heard, ['head 413']);
  });
});

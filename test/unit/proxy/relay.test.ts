import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ResponseSink, TransportFailure, UpstreamResponse } from '../../../src/http/attempt.ts';
import type { Exchange, ResponseWriter } from '../../../src/http/exchange.ts';
import { ResponseRelay } from '../../../src/proxy/relay.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';

const IDLE_MS = 1_000;
const RESET: TransportFailure = { reason: 'upstream_reset', neverSent: false, detail: 'read ECONNRESET' };
const GONE: TransportFailure = { reason: 'client_gone', neverSent: false, detail: 'the client left' };

/** Both sides of a relay: what each was asked for, in order, and the ways to act as one of them. */
function relayed({ takes = true, idleMs = IDLE_MS } = {}) {
  const clock = new FakeClock();
  const calls: string[] = [];
  const finished: (TransportFailure | undefined)[] = [];
  const wire = { moved: 0, writing: false, unacknowledged: async () => 0 };
  const client = { takes, taken: true };
  let sink: ResponseSink | undefined;
  let drained = () => {};
  let taken = (_whole: boolean) => {};
  const response: UpstreamResponse = {
    status: 200,
    reasonPhrase: 'OK',
    fields: [],
    progress: wire,
    deliver: (to) => {
      sink = to;
    },
    resume: () => calls.push('resume'),
    abandon: (failure) => calls.push(failure === undefined ? 'abandon' : `abandon: ${failure.reason}`),
  };
  const writer: ResponseWriter = {
    data: (chunk) => {
      calls.push(`data ${chunk}`);
      return client.takes;
    },
    end: (trailers) => calls.push(`end ${trailers.join(' ')}`.trim()),
    broken: (failure) => calls.push(`broken: ${failure.reason}`),
    onDrain: (listener) => {
      drained = listener;
    },
    flush: () => calls.push('flush'),
    get taken() {
      return client.taken;
    },
    onTaken: (listener) => {
      taken = listener;
    },
  };
  const exchange = { progress: wire, destroy: () => calls.push('destroy') } as unknown as Exchange;
  const relay = new ResponseRelay(response, exchange, writer, {
    clock,
    idleMs,
    onFinished: (failure) => finished.push(failure),
  });
  relay.run();
  assert.ok(sink !== undefined);
  const stall = async (): Promise<void> => {
    for (let passed = 0; passed < 2 * IDLE_MS; passed += 50) {
      clock.advance(50);
      await settle();
    }
  };
  return {
    relay,
    sink,
    calls,
    finished,
    wire,
    client,
    clock,
    stall,
    drain: () => drained(),
    take: (whole: boolean) => taken(whole),
  };
}

describe('a response on its way to the client', () => {
  it('is passed on with its trailers, and is over once the kernel has it', () => {
    const { sink, calls, finished, client, take, clock } = relayed();
    client.taken = false;
    assert.equal(sink.data(Buffer.from('one')), true);
    sink.end(['x-sum', '1']);
    assert.deepEqual(calls, ['flush', 'data one', 'end x-sum 1']);
    assert.deepEqual(finished, []);
    take(true);
    assert.deepEqual(finished, [undefined]);
    assert.equal(clock.pendingTimers, 0);
  });

  it('is over at once where the kernel took all of it', () => {
    const { sink, finished } = relayed();
    sink.end([]);
    assert.deepEqual(finished, [undefined]);
  });

  it('counts as not read when the client leaves before the kernel has it', () => {
    const { sink, finished, client, take } = relayed();
    client.taken = false;
    sink.end([]);
    take(false);
    assert.equal(finished[0]?.reason, 'client_gone');
  });

  it('waits for a client that has no room, and goes on once for each time it has', () => {
    const { sink, calls, drain } = relayed({ takes: false });
    drain();
    assert.equal(sink.data(Buffer.from('much')), false);
    drain();
    drain();
    assert.deepEqual(calls, ['flush', 'data much', 'resume']);
  });

  it('breaks off towards the client as the endpoint did', () => {
    const { sink, calls, finished, clock } = relayed();
    sink.broken(RESET);
    assert.deepEqual(calls, ['flush', 'broken: upstream_reset']);
    assert.deepEqual(finished, [RESET]);
    assert.equal(clock.pendingTimers, 0);
  });
});

describe('a client that leaves', () => {
  it('ends the response at the endpoint, once', () => {
    const { relay, calls, finished } = relayed();
    relay.stop(GONE);
    relay.stop(GONE);
    assert.deepEqual(calls, ['flush', 'abandon: client_gone']);
    assert.deepEqual(finished, [GONE]);
  });

  it('says nothing of the endpoint while it did not read', () => {
    const { relay, sink, calls } = relayed({ takes: false });
    sink.data(Buffer.from('much'));
    relay.stop(GONE);
    assert.equal(calls.at(-1), 'abandon');
  });

  it('changes nothing once the response is over', () => {
    const { relay, sink, calls, finished } = relayed();
    sink.end([]);
    relay.stop(GONE);
    assert.deepEqual(calls, ['flush', 'end']);
    assert.deepEqual(finished, [undefined]);
  });
});

describe('a response on which nothing moves', () => {
  it('is the endpoint’s failure while the client waits for it', async () => {
    const { calls, finished, stall } = relayed();
    await stall();
    assert.deepEqual(calls, ['flush', 'broken: upstream_timeout', 'abandon: upstream_timeout']);
    assert.equal(finished[0]?.reason, 'upstream_timeout');
  });

  it('is the client’s failure while that does not read', async () => {
    const { sink, calls, finished, stall } = relayed({ takes: false });
    sink.data(Buffer.from('much'));
    await stall();
    assert.deepEqual(calls, ['flush', 'data much', 'destroy', 'abandon']);
    assert.equal(finished[0]?.reason, 'client_gone');
  });

  it('goes on for ever where no limit is set', async () => {
    const { finished, clock, stall } = relayed({ idleMs: 0 });
    await stall();
    assert.deepEqual(finished, []);
    assert.equal(clock.pendingTimers, 0);
  });

  it('has not stalled while bytes move', async () => {
    const { finished, clock, wire } = relayed();
    for (let passed = 0; passed < 5 * IDLE_MS; passed += 200) {
      wire.moved++;
      clock.advance(200);
      await settle();
    }
    assert.deepEqual(finished, []);
  });
});

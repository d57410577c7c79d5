import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AnswerHeaders } from '../../../../src/discovery/consul/blocking-query.ts';
import { BlockingQuery } from '../../../../src/discovery/consul/blocking-query.ts';
import type { DiscoveryFailureKind } from '../../../../src/endpoint/discovery-state.ts';
import { seededRandom } from '../../../support/seeded-random.ts';

const KINDS: readonly DiscoveryFailureKind[] = [
  'unreachable',
  'server_error',
  'permission_denied',
  'rate_limited',
  'rejected',
  'malformed',
  'acl_filtered',
  'suspicious_shrink',
];

function query(random = () => 0.5): BlockingQuery {
  return new BlockingQuery(random);
}

function headers(index: string | undefined, more: Partial<AnswerHeaders> = {}): AnswerHeaders {
  return { index, lastContactMs: undefined, knownLeader: undefined, ...more };
}

/** The index to ask with after each of these answers. */
function indexesAfter(...answers: readonly (string | undefined)[]): (string | undefined)[] {
  const asking = query();
  let now = 0;
  return answers.map((index) => {
    asking.answered(headers(index), now);
    now += 1_000;
    return asking.next(now).index;
  });
}

describe('the index of a blocking query', () => {
  it('is left out of the first question', () => {
    assert.equal(query().next(0).index, undefined);
  });

  it('is the one of the last answer', () => {
    assert.deepEqual(indexesAfter('10', '12', '12'), ['10', '12', '12']);
  });

  it('keeps every digit beyond 2^53, up to 64 bits', () => {
    const indexes = ['9007199254740993', '18446744073709551615'];
    assert.deepEqual(indexesAfter(...indexes), indexes);
  });

  it('is left out once after it went backwards', () => {
    assert.deepEqual(indexesAfter('10', '4', '4', '5'), ['10', undefined, '4', '5']);
  });

  it('goes backwards also where numbers cannot tell', () => {
    const asking = query();
    asking.answered(headers('9007199254740993'), 0);
    assert.ok(asking.goesBackwards('9007199254740992'));
    assert.ok(!asking.goesBackwards('9007199254740993'));
  });

  for (const index of [undefined, '0', '', '-5', '1.5', 'abc', '18446744073709551616', '9'.repeat(40)]) {
    it(`is 1, the least that blocks, when the answer has ${index === undefined ? 'none' : `"${index}"`}`, () => {
      assert.deepEqual(indexesAfter(index), ['1']);
      assert.deepEqual(indexesAfter('10', index), ['10', '1']);
    });
  }

  it('does not go backwards when an answer has none', () => {
    const asking = query();
    asking.answered(headers('10'), 0);
    assert.ok(!asking.goesBackwards(undefined));
    assert.ok(!asking.goesBackwards('0'));
    asking.answered(headers(undefined), 0);
    assert.ok(asking.goesBackwards('9'));
  });

  it('went backwards also when the answer came after a lost connection', () => {
    const asking = query();
    asking.answered(headers('10'), 0);
    asking.failed('unreachable', undefined, 0);
    assert.equal(asking.next(60_000).index, undefined);
    assert.ok(asking.goesBackwards('3'));
    asking.answered(headers('3'), 60_000);
    assert.equal(asking.next(61_000).index, '3');
  });

  for (const kind of KINDS) {
    const keeps = ['server_error', 'rate_limited', 'permission_denied'].includes(kind);
    it(`${keeps ? 'stays' : 'is left out'} after ${kind}`, () => {
      const asking = query();
      asking.answered(headers('10'), 0);
      asking.failed(kind, undefined, 0);
      assert.equal(asking.next(60_000).index, keeps ? '10' : undefined);
    });
  }
});

describe('the wait of a blocking query', () => {
  it('is none for the first answer, and for the first after a failure of any kind', () => {
    for (const kind of KINDS) {
      const asking = query();
      const mayBlock = (): boolean => asking.next(0).waitMs > 0;
      assert.equal(mayBlock(), false);
      asking.answered(headers('10'), 0);
      assert.equal(mayBlock(), true);
      asking.failed(kind, undefined, 0);
      assert.equal(mayBlock(), false, kind);
      asking.answered(headers('10'), 0);
      assert.equal(mayBlock(), true);
    }
  });
});

describe('the consistency of a blocking query', () => {
  function consistencyAfter(more: Partial<AnswerHeaders>): string {
    const asking = query();
    asking.answered(headers('10', more), 0);
    return asking.next(1_000).consistency;
  }

  it('is stale at first', () => {
    assert.equal(query().next(0).consistency, 'stale');
  });

  it('stays stale when the headers are absent, as with the streaming backend', () => {
    assert.equal(consistencyAfter({}), 'stale');
  });

  it('stays stale while the server has heard of its leader lately', () => {
    assert.equal(consistencyAfter({ lastContactMs: 10_000, knownLeader: true }), 'stale');
  });

  it('is the default after ten seconds without the leader', () => {
    assert.equal(consistencyAfter({ lastContactMs: 10_001, knownLeader: true }), 'default');
  });

  it('is the default when the server knows no leader', () => {
    assert.equal(consistencyAfter({ lastContactMs: 0, knownLeader: false }), 'default');
  });

  it('is stale again after an answer of the leader', () => {
    const asking = query();
    asking.answered(headers('10', { knownLeader: false }), 0);
    asking.next(0);
    asking.answered(headers('11', { knownLeader: true, lastContactMs: 0 }), 0);
    assert.equal(asking.next(0).consistency, 'stale');
  });

  it('is stale again when the leader cannot be asked', () => {
    const asking = query();
    asking.answered(headers('10', { knownLeader: false }), 0);
    asking.next(0);
    asking.failed('server_error', undefined, 0);
    assert.equal(asking.next(60_000).consistency, 'stale');
  });
});

describe('the pace of a blocking query', () => {
  /** How long it waits after each of `count` failures in a row. */
  function delays(count: number, random: () => number, kind: DiscoveryFailureKind = 'unreachable'): number[] {
    const asking = query(random);
    let now = 0;
    return Array.from({ length: count }, () => {
      // So that the burst is never what it waits for.
      now += 1_000_000;
      asking.failed(kind, undefined, now);
      return asking.next(now).delayMs;
    });
  }

  it('doubles the bound of the back-off up to fifteen seconds', () => {
    const bounds = delays(9, () => 1 - Number.EPSILON).map(Math.round);
    assert.deepEqual(bounds, [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  it('spreads clients over the whole of it', () => {
    assert.deepEqual(
      delays(3, () => 0),
      [0, 0, 0],
    );
  });

  it('never gives up, however often it failed', () => {
    const last = delays(5_000, () => 0.99).at(-1);
    assert.equal(last, 14_850);
  });

  it('begins anew after an answer', () => {
    const asking = query(() => 0.999);
    for (let i = 0; i < 10; i++) asking.failed('unreachable', undefined, 0);
    asking.answered(headers('10'), 0);
    asking.failed('unreachable', undefined, 0);
    assert.ok(asking.next(0).delayMs < 250);
  });

  for (const kind of ['rejected', 'permission_denied', 'acl_filtered'] as const) {
    it(`takes its time from the first ${kind} on`, () => {
      assert.deepEqual(
        delays(2, () => 0, kind),
        [7_500, 7_500],
      );
      assert.deepEqual(
        delays(2, () => 1, kind),
        [15_000, 15_000],
      );
    });
  }

  it('waits as long as Retry-After asks, where that is longer', () => {
    const asking = query(() => 0);
    asking.failed('rate_limited', 20_000, 5_000);
    assert.equal(asking.next(5_000).delayMs, 20_000);
  });

  it('waits a minute at most, whatever Retry-After asks', () => {
    const asking = query(() => 0);
    asking.failed('rate_limited', 86_400_000, 0);
    assert.equal(asking.next(0).delayMs, 60_000);
  });

  it('spreads the first question after a restore', () => {
    const asking = query(() => 0.5);
    asking.answered(headers('10'), 0);
    asking.answered(headers('4'), 0);
    assert.equal(asking.next(0).delayMs, 250);
  });

  it('follows a burst of ten changes at once and then one each 250 ms', () => {
    const asking = query();
    const waits = Array.from({ length: 12 }, () => {
      asking.answered(headers('10'), 0);
      return asking.next(0).delayMs;
    });
    assert.deepEqual(waits, [...Array<number>(10).fill(0), 250, 500]);
  });

  it('is what it is told to be', () => {
    const asking = new BlockingQuery(() => 0.5, { burst: 2, intervalMs: 5_000, spreadMs: 0 });
    const waits = Array.from({ length: 4 }, () => {
      asking.answered(headers('10'), 0);
      return asking.next(0).delayMs;
    });
    assert.deepEqual(waits, [0, 0, 5_000, 10_000]);
  });

  it('is slow after answers alone: where there was none, the back-off counts', () => {
    const asking = new BlockingQuery(() => 0.5, { burst: 1, intervalMs: 5_000, spreadMs: 5_000 });
    asking.answered(headers('10'), 0);
    const waits = [0, 0].map((now) => {
      asking.failed('unreachable', undefined, now);
      return asking.next(now).delayMs;
    });
    assert.deepEqual(waits, [125, 250]);
  });

  it('spreads clients that one change has woken, and stays the same in the mean', () => {
    const random = seededRandom(3);
    const asking = new BlockingQuery(random, { burst: 1, intervalMs: 5_000, spreadMs: 5_000 });
    let now = 0;
    const phases = new Set<number>();
    for (let i = 0; i < 1_000; i++) {
      asking.answered(headers('10'), now);
      now += asking.next(now).delayMs;
      phases.add(Math.floor((now % 5_000) / 1_000));
    }
    assert.ok(Math.abs(now / 1_000 - 5_000) < 50, `${now / 1_000} ms from one to the next`);
    assert.equal(phases.size, 5);
  });

  it('is never faster than a burst of ten and one each 250 ms, whatever the answers', () => {
    const event = fc.record({
      passedMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 5_000, noNaN: true })),
      failure: fc.option(fc.constantFrom(...KINDS), { nil: undefined }),
      retryAfterMs: fc.option(fc.nat(100_000), { nil: undefined }),
      index: fc.option(fc.oneof(fc.bigInt(0n, 2n ** 64n).map(String), fc.string({ maxLength: 5 })), {
        nil: undefined,
      }),
      knownLeader: fc.option(fc.boolean(), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 200 }), fc.nat(), (events, seed) => {
        const asking = query(seededRandom(seed));
        const sentAt: number[] = [];
        let now = 0;
        for (const { passedMs, failure, retryAfterMs, index, knownLeader } of events) {
          const next = asking.next(now);
          assert.ok(Number.isFinite(next.delayMs) && next.delayMs >= 0 && next.delayMs < 60_000.001);
          assert.ok(next.index === undefined || /^[1-9]\d*$/.test(next.index));
          now += next.delayMs;
          sentAt.push(now);
          now += passedMs;
          if (failure !== undefined) asking.failed(failure, retryAfterMs, now);
          else asking.answered(headers(index, { knownLeader }), now);
        }
        for (const [first, from] of sentAt.entries()) {
          for (let last = first + 10; last < sentAt.length; last++) {
            const took = (sentAt[last] ?? 0) - from;
            // A thousandth of a millisecond for the sums of fractions.
            assert.ok(took >= (last - first - 9) * 250 - 0.001, `${last - first + 1} queries in ${took} ms`);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

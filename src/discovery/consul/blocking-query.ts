// How to ask Consul again and again without ever asking too often, losing a change, or giving up: a pure state
// machine. Source: Consul docs, "Blocking Queries" and "Consistency Modes".

import { fullJitterBackoff } from '../../core/backoff.ts';
import type { Random } from '../../core/random.ts';
import type { DiscoveryFailureKind } from '../../endpoint/discovery-state.ts';
import type { LeaderContact } from './leader-contact.ts';

/** What to ask next. */
export interface NextQuery {
  /** Milliseconds to wait before asking. */
  readonly delayMs: number;
  /** Decimal; undefined asks for an answer at once. */
  readonly index: string | undefined;
  /** `stale`: any server answers; `default`: the leader does. */
  readonly consistency: 'stale' | 'default';
  /** For how long a change is waited for at most, in milliseconds; 0 asks for an answer at once. */
  readonly waitMs: number;
}

/** What the headers of an answer said. */
export interface AnswerHeaders extends LeaderContact {
  /** X-Consul-Index, undefined when absent. */
  readonly index: string | undefined;
}

/**
 * How long a query blocks, in milliseconds; short enough that one forgotten by its client does not linger
 * (hashicorp/consul#9647).
 */
const WAIT_MS = 55_000;

/** While Consul is out of touch with its leader: what is blocked does not hear that it has one again. */
const OUT_OF_TOUCH_WAIT_MS = 5_000;

/** How long a server may have been without its leader before the leader itself is asked, in milliseconds. */
const MAX_LAST_CONTACT_MS = 10_000;

/** How often answers are taken: a burst of changes is followed at once, a lasting churn at a pace. */
export interface QueryPace {
  /** After how many answers in a row the next question is asked at once. */
  readonly burst: number;
  /** From one answer to the next under lasting churn, in milliseconds. */
  readonly intervalMs: number;
  /** Over how long the queries of many clients are spread that one change has woken together, in milliseconds. */
  readonly spreadMs: number;
}

/** For endpoints: a change must be known soon, and concerns only those who use the service. */
export const ENDPOINTS_PACE: QueryPace = { burst: 10, intervalMs: 250, spreadMs: 0 };

/** Questions keep to this one however they end, and whatever the pace of answers. */
const QUESTIONS = { burst: 10, intervalMs: 250 };

const ERROR_BACKOFF = { baseMs: 250, maxMs: 15_000 };

/** Faults that time alone rarely mends are asked about at this pace, in milliseconds. */
const LASTING_FAULT_MS = 15_000;
const LASTING_FAULTS: ReadonlySet<DiscoveryFailureKind> = new Set([
  'rejected',
  'permission_denied',
  'acl_filtered',
]);

/** A longer Retry-After, in milliseconds, would end the watch in all but name. */
const MAX_RETRY_AFTER_MS = 60_000;

/** After these the registry is still the one whose index we have. */
const KEEP_INDEX: ReadonlySet<DiscoveryFailureKind> = new Set([
  'server_error',
  'rate_limited',
  'permission_denied',
]);

/** Without an index there is nothing to wait for: such a registry is polled at this pace, in milliseconds. */
const UNINDEXED_MS = 5_000;

/** A restored server ends the watches of every client at once: they come back spread over this time. */
const RESTORE_SPREAD_MS = 500;

const MAX_INDEX = 2n ** 64n - 1n;

export class BlockingQuery {
  readonly #random: Random;
  readonly #spreadMs: number;
  readonly #questions = new Allowance(QUESTIONS.burst, QUESTIONS.intervalMs);
  readonly #answers: Allowance;
  /** What the next question asks to be exceeded; 0 asks for an answer at once. */
  #index = 0n;
  /** The last index that was answered. */
  #seen = 0n;
  #failures = 0;
  #consistency: NextQuery['consistency'] = 'stale';
  /** Whether the last answer came from a server without a leader. */
  #outOfTouch = false;
  #earliestAt = 0;

  constructor(random: Random, pace: QueryPace = ENDPOINTS_PACE) {
    this.#random = random;
    this.#spreadMs = pace.spreadMs;
    this.#answers = new Allowance(pace.burst, pace.intervalMs);
  }

  /** The query to send now or later; it counts as sent. */
  next(now: number): NextQuery {
    return {
      delayMs: Math.max(this.#earliestAt - now, this.#questions.take(now)),
      index: this.#index === 0n ? undefined : this.#index.toString(),
      consistency: this.#consistency,
      waitMs: this.#waitMs,
    };
  }

  /** Whether an answer with this index comes from servers that have lost or restored their data since the last. */
  goesBackwards(index: string | undefined): boolean {
    const read = readIndex(index);
    return read !== undefined && read < this.#seen;
  }

  /** The answer was of use. */
  answered(headers: AnswerHeaders, now: number): void {
    const index = readIndex(headers.index);
    const wentBackwards = index !== undefined && index < this.#seen;
    // An answer that was asked for without an index is whole already, whatever its own.
    this.#index = wentBackwards && this.#index > 0n ? 0n : (index ?? 1n);
    this.#seen = index ?? this.#seen;
    this.#failures = 0;
    this.#earliestAt =
      now +
      Math.max(
        wentBackwards ? this.#random() * RESTORE_SPREAD_MS : 0,
        index === undefined ? UNINDEXED_MS : 0,
        this.#pauseMs(now),
      );
    this.#outOfTouch = headers.knownLeader === false || (headers.lastContactMs ?? 0) > MAX_LAST_CONTACT_MS;
    this.#consistency = this.#outOfTouch && this.#consistency === 'stale' ? 'default' : 'stale';
  }

  /**
   * There was no answer, or none of use. The index stays where it can, so that nothing unchanged is read again; but
   * after a lost connection another agent may answer, whose index says nothing about ours. The next question does not
   * wait for a change: that Consul answers again would be known a minute later, and that it has lost its data no sooner.
   * @param retryAfterMs what the answer asked for, in milliseconds
   */
  failed(kind: DiscoveryFailureKind, retryAfterMs: number | undefined, now: number): void {
    const delay = LASTING_FAULTS.has(kind)
      ? LASTING_FAULT_MS * (0.5 + this.#random() / 2)
      : fullJitterBackoff(this.#failures, ERROR_BACKOFF, this.#random);
    this.#failures++;
    this.#earliestAt = now + Math.max(delay, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
    if (!KEEP_INDEX.has(kind)) this.#index = 0n;
    // Without a leader only a stale read can be answered at all.
    this.#consistency = 'stale';
  }

  get #waitMs(): number {
    if (this.#index === 0n || this.#failures > 0) return 0;
    return this.#outOfTouch ? OUT_OF_TOUCH_WAIT_MS : WAIT_MS;
  }

  #pauseMs(now: number): number {
    const pause = this.#answers.take(now);
    // The mean stays the interval: time that passed beyond it counts for the next answer.
    return pause > 0 && this.#spreadMs > 0 ? pause + this.#random() * this.#spreadMs : pause;
  }
}

/** A token bucket that lets one go into debt, and says for how long. */
class Allowance {
  readonly #burst: number;
  readonly #intervalMs: number;
  #tokens: number;
  #refilledAt: number | undefined;

  constructor(burst: number, intervalMs: number) {
    this.#burst = burst;
    this.#intervalMs = intervalMs;
    this.#tokens = burst;
  }

  /** Takes one: how long to wait before it counts as given, in milliseconds. */
  take(now: number): number {
    const passed = now - (this.#refilledAt ?? now);
    this.#refilledAt = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + passed / this.#intervalMs);
    const wait = Math.max(0, (1 - this.#tokens) * this.#intervalMs);
    this.#tokens -= 1;
    return wait;
  }
}

/** Whether an answer stands on an index, as every answer of Consul does. */
export function hasIndex(text: string | undefined): boolean {
  return readIndex(text) !== undefined;
}

/** An index is an unsigned 64-bit number above zero; anything else is none, and 1 is then the least to ask with. */
function readIndex(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^\d{1,20}$/.test(text)) return undefined;
  const index = BigInt(text);
  return index >= 1n && index <= MAX_INDEX ? index : undefined;
}

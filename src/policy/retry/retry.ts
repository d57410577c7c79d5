// The retry stage: makes another attempt where the evidence allows it and the budget affords it.

import type { BackoffLimits } from '../../core/backoff.ts';
import { fullJitterBackoff } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { OF_THIS_SIDE } from '../../http/attempt.ts';
import type { Call, CallResult, RetryDecision, Send, Stage } from '../call.ts';
import { AttemptFailed } from './attempt-failed.ts';
import type { EndpointDeaths } from './endpoint-deaths.ts';
import { pause } from './pause.ts';
import type { RetriesInFlight } from './retries-in-flight.ts';
import type { RetryBudget } from './retry-budget.ts';
import type { RetryConcurrency } from './retry-concurrency.ts';
import type { AttemptEnd, RetryConditions } from './retry-decision.ts';
import { askedDelay, judge } from './retry-decision.ts';

export interface RetryPolicy extends RetryConditions {
  /** Retries beyond the first attempt. Replays of what was never sent do not count. */
  readonly attempts: number;
  readonly backoff: BackoffLimits;
}

export interface RetryDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly budget: RetryBudget;
  readonly concurrency: RetryConcurrency;
  readonly deaths: EndpointDeaths;
  /** A fixed limit beside it; undefined for none. */
  readonly inFlight: RetriesInFlight | undefined;
  /** How many usable endpoints there are that this call has not tried. */
  readonly untried: (call: Call) => number;
}

/** A bound on replays, far above what any sane table needs, so that no fault can turn a call into a loop. */
export const MAX_REPLAYS = 10;

export function retryStage(policy: RetryPolicy, dependencies: RetryDependencies): Stage {
  return (next) => (call) => {
    dependencies.budget.deposit(dependencies.clock.now());
    return new RetriedCall(policy, dependencies, call, next).run();
  };
}

class RetriedCall {
  readonly #policy: RetryPolicy;
  readonly #dependencies: RetryDependencies;
  readonly #call: Call;
  readonly #next: Send;
  #retries = 0;
  #replays = 0;
  /** Gives back what the retry under way holds; undefined without one. */
  #endRetry: (() => void) | undefined;

  constructor(policy: RetryPolicy, dependencies: RetryDependencies, call: Call, next: Send) {
    this.#policy = policy;
    this.#dependencies = dependencies;
    this.#call = call;
    this.#next = next;
  }

  async run(): Promise<CallResult> {
    for (;;) {
      let result: CallResult | undefined;
      let failed: AttemptFailed | undefined;
      this.#call.triesLeft = this.#triesLeft();
      try {
        result = await this.#next(this.#call);
      } catch (error) {
        if (!(error instanceof AttemptFailed)) throw error;
        failed = error;
      } finally {
        this.#retryEnded();
      }
      const decided = this.#decide(result, failed);
      // Most attempts bring the response: only what waits is awaited.
      const decision = typeof decided === 'string' ? decided : await decided;
      this.#call.decided(decision);
      if (decision === 'replayed' || decision === 'retried') continue;
      if (failed !== undefined) throw failed;
      if (result !== undefined) return result;
    }
  }

  /** An attempt is only cut short for the sake of others that may do better: retries after a time-out, elsewhere. */
  #triesLeft(): number {
    const { on, attempts } = this.#policy;
    const retriesLeft = attempts - this.#retries;
    if (retriesLeft <= 0 || !on.has('timeout') || !this.#call.idempotent) return 1;
    return Math.max(1, Math.min(1 + retriesLeft, this.#dependencies.untried(this.#call)));
  }

  #retryEnded(): void {
    this.#endRetry?.();
    this.#endRetry = undefined;
  }

  #decide(
    result: CallResult | undefined,
    failed: AttemptFailed | undefined,
  ): RetryDecision | Promise<RetryDecision> {
    const end = attemptEnd(result, failed);
    if (end === undefined) return 'answered';
    if (this.#call.cancelled !== undefined) return 'given_up';
    const { request } = this.#call;
    const verdict = judge(end, this.#call.idempotent, this.#policy);
    if (end.kind === 'failure' && end.failure.reason === 'deadline_exceeded') return 'no_time_left';
    if (verdict === 'no') return end.kind === 'response' && end.status < 500 ? 'answered' : 'not_retriable';
    if (!request.body.replayable) {
      this.#call.flag('BO');
      return 'content_not_kept';
    }
    if (verdict === 'replay' && this.#replays < MAX_REPLAYS && this.#dependencies.untried(this.#call) > 0) {
      this.#replays++;
      return 'replayed';
    }
    // What this side lacks stands in the way of this endpoint's next attempt just as it did in that of the last.
    if (verdict === 'replay' && end.kind === 'failure' && OF_THIS_SIDE.has(end.failure.reason)) {
      return 'not_retriable';
    }
    const delayMs = this.#affordableDelay(end);
    if (typeof delayMs !== 'number') return delayMs;
    return this.#retryAfter(delayMs, result);
  }

  async #retryAfter(delayMs: number, result: CallResult | undefined): Promise<RetryDecision> {
    this.#retries++;
    if (result?.kind === 'response') result.response.abandon();
    await pause(this.#call, this.#dependencies.clock, delayMs);
    if (this.#call.cancelled !== undefined) {
      this.#retryEnded();
      throw this.#call.cancelled;
    }
    return 'retried';
  }

  /** How long to wait before another attempt, or why there is none. */
  #affordableDelay(end: AttemptEnd): number | RetryDecision {
    const { clock, random } = this.#dependencies;
    if (this.#retries >= this.#policy.attempts) {
      if (this.#retries > 0) this.#call.flag('URX');
      return 'attempts_used_up';
    }
    const asked = askedDelay(end, clock.wallTime());
    if (asked === 'stop') return 'endpoint_says_stop';
    const delayMs = Math.max(asked ?? 0, fullJitterBackoff(this.#retries, this.#policy.backoff, random));
    const now = clock.now();
    if (delayMs >= this.#call.remainingMs(now)) return 'no_time_left';
    this.#endRetry = this.#isMove(end, now) ? this.#takeFixedLimit() : this.#takeBudget(now);
    if (this.#endRetry !== undefined) return delayMs;
    this.#call.flag('RB');
    return 'budget_spent';
  }

  /** Whether the attempt went down with its endpoint and can be made at another one. */
  #isMove(end: AttemptEnd, now: number): boolean {
    if (end.kind !== 'failure' || end.failure.reason !== 'upstream_reset') return false;
    const { untried, deaths } = this.#dependencies;
    const lost = this.#call.attempts.findLast(({ failure }) => failure === 'upstream_reset');
    return lost !== undefined && untried(this.#call) > 0 && deaths.explains(lost, now);
  }

  /** What a user set as the most retries under way holds for all of them. @returns gives it back */
  #takeFixedLimit(): (() => void) | undefined {
    const { inFlight } = this.#dependencies;
    if (inFlight?.tryAcquire() === false) return undefined;
    return () => inFlight?.release();
  }

  /** All of what a retry costs, or nothing. @returns gives back what is held while it is under way */
  #takeBudget(now: number): (() => void) | undefined {
    const { budget, concurrency } = this.#dependencies;
    if (!concurrency.tryBegin()) return undefined;
    const release = this.#takeFixedLimit();
    if (release !== undefined && budget.tryWithdraw(now)) {
      return () => {
        concurrency.end();
        release();
      };
    }
    concurrency.end();
    release?.();
    return undefined;
  }
}

function attemptEnd(
  result: CallResult | undefined,
  failed: AttemptFailed | undefined,
): AttemptEnd | undefined {
  if (failed !== undefined) return { kind: 'failure', failure: failed.failure };
  // A tunnel stands; there is nothing to judge.
  if (result?.kind !== 'response') return undefined;
  const { status, fields: headers } = result.response;
  return { kind: 'response', status, headers };
}

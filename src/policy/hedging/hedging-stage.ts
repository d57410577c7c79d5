// The hedging stage: when an endpoint takes longer than the service usually does, another one is asked as well, and
// the first good response wins.

import type { Clock, ScheduledTask } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import type { Call, CallResult, Send, Stage } from '../call.ts';
import { responseTimeMs } from '../call-outcome.ts';
import { LatencyWindow } from '../limits/latency-window.ts';
import { HedgeBudget } from './hedge-budget.ts';
import type { HedgingOptions } from './hedging-options.ts';

export interface HedgingDependencies {
  readonly clock: Clock;
  /** Whether there is a usable endpoint that this call has not tried. */
  readonly hasUntried: (call: Call) => boolean;
  /** Takes one from the retry budget: a hedge is a retry that did not wait for the failure. */
  readonly tryWithdraw: (now: number) => boolean;
}

/** Methods that only retrieve (RFC 9110 §9.2.1); TRACE is not repeated. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Belongs inside of retries, so that both attempts together are one of theirs. */
export function hedgingStage(options: HedgingOptions, dependencies: HedgingDependencies): Stage {
  const hedging = new Hedging(options, dependencies);
  return (next) => (call) => {
    hedging.budget.deposit();
    const { method, upgrade } = call.request;
    if (!SAFE.has(method) || upgrade !== undefined || call.flags.includes('HG')) return next(call);
    return new HedgedCall(hedging, call, next).run();
  };
}

/** What the calls of a service have in common. */
class Hedging {
  readonly dependencies: HedgingDependencies;
  readonly budget: HedgeBudget;
  readonly latencies: LatencyWindow;
  readonly #options: HedgingOptions;

  constructor(options: HedgingOptions, dependencies: HedgingDependencies) {
    this.#options = options;
    this.dependencies = dependencies;
    this.budget = new HedgeBudget(options.maxExtraPercent);
    this.latencies = new LatencyWindow(dependencies.clock.now());
  }

  /** How long the first attempt has; undefined while nothing is known of the service. */
  delayMs(now: number): number | undefined {
    const usual = this.latencies.percentile(this.#options.percentile, now);
    return usual === undefined ? undefined : Math.max(usual, this.#options.minDelay);
  }

  /** Pays for a hedge of this call, or refuses. */
  tryBegin(call: Call): boolean {
    const { clock, hasUntried, tryWithdraw } = this.dependencies;
    const { body } = call.request;
    // Content that came in parts may still be on its way to the first endpoint, and has one reader.
    const repeatable = body.replayable && !body.arriving && body.arrivedAt === undefined;
    if (!repeatable || call.cancelled !== undefined || !this.budget.affordable || !hasUntried(call)) {
      return false;
    }
    if (!tryWithdraw(clock.now())) return false;
    this.budget.withdraw();
    return true;
  }
}

/** How one of the attempts ended, when it is not the result yet. */
type Disappointment =
  | { readonly kind: 'response'; readonly result: CallResult }
  | { readonly kind: 'error'; readonly error: unknown };

class HedgedCall {
  readonly #hedging: Hedging;
  readonly #call: Call;
  readonly #next: Send;
  readonly #underWay = new Set<Call>();
  readonly #outcome = Promise.withResolvers<CallResult>();
  #timer: ScheduledTask | undefined;
  #settled = false;
  #first: Disappointment | undefined;

  constructor(hedging: Hedging, call: Call, next: Send) {
    this.#hedging = hedging;
    this.#call = call;
    this.#next = next;
  }

  run(): Promise<CallResult> {
    const { clock } = this.#hedging.dependencies;
    const delayMs = this.#hedging.delayMs(clock.now());
    this.#launch();
    if (delayMs !== undefined) this.#timer = clock.schedule(delayMs, () => this.#hedge());
    return this.#outcome.promise;
  }

  #hedge(): void {
    if (this.#settled || !this.#hedging.tryBegin(this.#call)) return;
    this.#call.flag('HG');
    this.#launch();
  }

  #launch(): void {
    const { clock } = this.#hedging.dependencies;
    const fork = this.#call.fork();
    const startedAt = clock.now();
    this.#underWay.add(fork);
    const before = fork.attempts.length;
    const sent = this.#next(fork);
    const attempt = fork.attempts[before];
    sent.then(
      (result) => {
        this.#underWay.delete(fork);
        if (this.#settled) discard(result);
        else if (isGood(result)) {
          const now = clock.now();
          this.#hedging.latencies.record(responseTimeMs(attempt) ?? now - startedAt, now);
          this.#settle(() => this.#outcome.resolve(result));
          if (this.#first?.kind === 'response') discard(this.#first.result);
        } else this.#disappointed({ kind: 'response', result });
      },
      (error: unknown) => {
        this.#underWay.delete(fork);
        if (!this.#settled) this.#disappointed({ kind: 'error', error });
      },
    );
  }

  /** Waits for the other attempt while there is one; then a bad response is better than none. */
  #disappointed(end: Disappointment): void {
    if (this.#underWay.size > 0) {
      this.#first = end;
      return;
    }
    const best = this.#first?.kind === 'response' || end.kind === 'error' ? (this.#first ?? end) : end;
    if (best !== end && end.kind === 'response') discard(end.result);
    this.#settle(() => {
      if (best.kind === 'response') this.#outcome.resolve(best.result);
      else this.#outcome.reject(best.error);
    });
  }

  #settle(tell: () => void): void {
    this.#settled = true;
    this.#timer?.cancel();
    for (const fork of this.#underWay) {
      fork.cancel(new AmbassadorError('client_gone', 'Another endpoint answered first.'));
    }
    tell();
  }
}

/** What no retry would follow. */
function isGood(result: CallResult): boolean {
  if (result.kind === 'tunnel') return true;
  return result.response.status < 500 && result.response.status !== 429;
}

function discard(result: CallResult): void {
  if (result.kind === 'response') result.response.abandon();
  else result.socket.destroy();
}

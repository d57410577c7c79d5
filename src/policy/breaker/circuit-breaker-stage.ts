// The circuit breaker stage: asks the circuit before a call is sent, and reports its outcome.

import type { Clock } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import type { CompleteObserver } from '../../core/events.ts';
import { judgedStatus } from '../../core/grpc-status.ts';
import type { Random } from '../../core/random.ts';
import type { Reason } from '../../core/reasons.ts';
import type { Call, CallResult, Stage } from '../call.ts';
import type { CallOutcome, OutcomeRules } from '../call-outcome.ts';
import {
  attemptOutcomes,
  isFailureReason,
  isFailureStatus,
  isSlow,
  responseTimeMs,
  spokeOfEndpoint,
} from '../call-outcome.ts';
import { isEnforced } from '../enforcement.ts';
import type { BodyEnd } from '../stale/watched-response.ts';
import { WatchedResponse } from '../stale/watched-response.ts';
import type { CircuitBreaker, CircuitRefusal, Permit } from './circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker-options.ts';

export interface CircuitBreakerStageDependencies {
  readonly service: string;
  readonly circuit: CircuitBreaker;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: CompleteObserver;
  /** What each endpoint did lately, for people; empty when there is none. */
  readonly describeEndpoints: () => string;
  /** The policy's time for a whole call, in milliseconds; 0 for no limit. */
  readonly requestTimeoutMs: number;
}

/** Belongs outside of retries: a call to which another endpoint responded in the end is no failure. */
export function circuitBreakerStage(
  options: CircuitBreakerOptions,
  dependencies: CircuitBreakerStageDependencies,
): Stage {
  const { service, circuit, clock, random, observer, describeEndpoints, requestTimeoutMs } = dependencies;
  const rules: OutcomeRules = {
    failureStatus: options.failureStatus,
    slowerThanMs: options.slowCalls?.slowerThan,
    requestTimeoutMs,
  };
  return (next) => async (call) => {
    const admission = circuit.admit(clock.now());
    if (!admission.admitted) {
      if (admission.state === 'isolated' || isEnforced(options.enforce, random))
        throw circuitRefusal(service, admission, describeEndpoints());
      observer.wouldBreak(service);
      return next(call);
    }
    const judged = new JudgedCall(call, admission, circuit, clock, rules);
    try {
      return judged.answered(await next(call));
    } catch (error) {
      judged.failed(AmbassadorError.from(error).reason);
      throw error;
    }
  };
}

class JudgedCall {
  readonly #call: Call;
  readonly #permit: Permit;
  readonly #circuit: CircuitBreaker;
  readonly #clock: Clock;
  readonly #rules: OutcomeRules;
  #settled = false;

  constructor(call: Call, permit: Permit, circuit: CircuitBreaker, clock: Clock, rules: OutcomeRules) {
    this.#call = call;
    this.#permit = permit;
    this.#circuit = circuit;
    this.#clock = clock;
    this.#rules = rules;
  }

  /** A failing response counts at once, a good one when its body is whole; a probe cannot wait for that. */
  answered(result: CallResult): CallResult {
    const failed = this.#isFailure(result);
    const slow = isSlow(responseTimeMs(this.#call.attempts.at(-1)), this.#rules);
    if (failed || result.kind === 'tunnel' || this.#permit.phase.state === 'half_open') {
      this.#settle({ kind: 'judged', failed, slow });
      return result;
    }
    const response = new WatchedResponse(result.response, (end) => this.#bodyEnded(end, slow));
    // A response that is never read has come all the same.
    this.#call.onFinished(() => this.#bodyEnded('abandoned', slow));
    return { kind: 'response', response };
  }

  failed(reason: Reason): void {
    const counts =
      spokeOfEndpoint(this.#call.attempts) && isFailureReason(reason, this.#elapsedMs(), this.#rules);
    this.#settle(counts ? { kind: 'judged', failed: true, slow: false } : { kind: 'neutral' });
  }

  #isFailure(result: CallResult): boolean {
    const { status } = result.kind === 'tunnel' ? result.head : result.response;
    return isFailureStatus(status, this.#rules.failureStatus) || this.#isGrpcFailure();
  }

  /** In the header fields of a response, or in its trailers, once they came. */
  #isGrpcFailure(): boolean {
    const last = this.#call.attempts.at(-1);
    if (last?.grpcStatus === undefined) return false;
    return isFailureStatus(judgedStatus(last) ?? 0, this.#rules.failureStatus);
  }

  #bodyEnded(end: BodyEnd, slow: boolean): void {
    const broken =
      typeof end === 'object'
        ? isFailureReason(end.reason, this.#elapsedMs(), this.#rules)
        : end === 'whole' && this.#isGrpcFailure();
    this.#settle({ kind: 'judged', failed: broken, slow }, broken);
  }

  #settle(outcome: CallOutcome, lastAttemptBroke = false): void {
    if (this.#settled) return;
    this.#settled = true;
    const attempts = attemptOutcomes(this.#call.attempts, this.#elapsedMs(), this.#rules);
    const last = attempts.at(-1);
    if (lastAttemptBroke && last !== undefined) attempts[attempts.length - 1] = { ...last, failed: true };
    this.#circuit.settle(this.#permit, outcome, attempts, this.#clock.now());
  }

  #elapsedMs(): number {
    return this.#clock.now() - this.#call.startedAt;
  }
}

/** Why a call does not go. @param endpoints what each endpoint did lately; empty when there is none */
export function circuitRefusal(service: string, refusal: CircuitRefusal, endpoints: string): AmbassadorError {
  if (refusal.state === 'isolated') {
    const why = refusal.why === undefined ? '' : ` (${refusal.why})`;
    return new AmbassadorError(
      'isolated',
      `An operator has isolated ${service}${why}: its calls are refused.`,
    );
  }
  const seconds = refusal.retryAfterMs / 1000;
  const each = endpoints === '' ? '' : ` (${endpoints})`;
  const details = {
    open: `The circuit of ${service} is open, since all its usable endpoints are failing${each}; calls are tried again in ${seconds.toFixed(1)} s.`,
    half_open: `The circuit of ${service} is half-open: a few calls are finding out whether it is back${each}, and the others are refused meanwhile.`,
  };
  return new AmbassadorError('circuit_open', details[refusal.state], { retryAfterSeconds: seconds });
}

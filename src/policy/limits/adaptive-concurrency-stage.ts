// The stage of adaptive concurrency: a bulkhead without a queue, whose limit follows the service's latency.

import type { Clock } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import type { CompleteObserver } from '../../core/events.ts';
import { counted } from '../../core/in-words.ts';
import type { Random } from '../../core/random.ts';
import { HoldTime } from '../breaker/hold-time.ts';
import type { Call, CallResult, Send, Stage } from '../call.ts';
import { responseTimeMs } from '../call-outcome.ts';
import { isEnforced } from '../enforcement.ts';
import type { AdaptiveConcurrencyOptions } from './adaptive-concurrency-options.ts';
import { Bulkhead } from './bulkhead.ts';
import { GradientLimit } from './gradient-limit.ts';
import { holdSlot } from './slot.ts';

export interface AdaptiveConcurrencyDependencies {
  readonly service: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: CompleteObserver;
}

/** The limit and what is under way: made once per service, read by the admin API. */
export class AdaptiveConcurrency {
  readonly gradient: GradientLimit;
  readonly bulkhead: Bulkhead;

  constructor(options: AdaptiveConcurrencyOptions, random: Random, now: number) {
    this.gradient = new GradientLimit(options, random, now);
    this.bulkhead = new Bulkhead(this.gradient.limit, 0);
  }
}

export function adaptiveConcurrencyStage(
  options: AdaptiveConcurrencyOptions,
  adaptive: AdaptiveConcurrency,
  { service, clock, random, observer }: AdaptiveConcurrencyDependencies,
): Stage {
  const { gradient, bulkhead } = adaptive;
  const holdTime = new HoldTime();
  return (next) => async (call) => {
    const now = clock.now();
    gradient.arrive(bulkhead.active, now);
    bulkhead.limit = gradient.limit;
    if (!bulkhead.tryEnter()) {
      if (isEnforced(options.enforce, random)) {
        throw new AmbassadorError(
          'bulkhead_full',
          `${service} has ${counted(bulkhead.active, 'call')} under way, as many as its latency shows it to bear (adaptive limit ${bulkhead.limit}).`,
          { retryAfterSeconds: holdTime.expectedWaitMs(0, bulkhead.limit) / 1000 },
        );
      }
      observer.wouldShed(service, 'adaptive');
      bulkhead.enterBeyond();
    }
    return holdSlot(timed(next, gradient, clock), call, () => {
      holdTime.observe(clock.now() - now);
      bulkhead.leave();
    });
  };
}

/** Tells the gradient how long heads take. A failure that comes fast is no sign of a fast service: it is left out. */
function timed(next: Send, gradient: GradientLimit, clock: Clock): Send {
  return async (call: Call): Promise<CallResult> => {
    const startedAt = clock.now();
    const observe = (latencyMs: number): void => gradient.observe(latencyMs, startedAt, clock.now());
    try {
      const result = await next(call);
      const status = result.kind === 'tunnel' ? result.head.status : result.response.status;
      if (status < 500 && status !== 429) {
        observe(responseTimeMs(call.attempts.at(-1)) ?? clock.now() - startedAt);
      }
      return result;
    } catch (error) {
      const silence = silenceMs(error, call);
      if (silence !== undefined) observe(silence);
      throw error;
    }
  };
}

/** How long an endpoint was silent that had the whole request, when that ended the call; our own waits are no sign of it. */
function silenceMs(error: unknown, { attempts }: Call): number | undefined {
  const { reason } = AmbassadorError.from(error);
  if (reason !== 'upstream_timeout' && reason !== 'deadline_exceeded') return undefined;
  const last = attempts.at(-1);
  if (last?.sentMs === undefined || last.endMs === undefined || last.neutral === true) return undefined;
  return last.endMs - last.sentMs;
}

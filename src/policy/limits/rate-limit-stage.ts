// The rate limit stage: refuses what comes too fast, and says when to come again.

import type { Clock } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import type { CompleteObserver } from '../../core/events.ts';
import { counted, timeInWords } from '../../core/in-words.ts';
import type { Random } from '../../core/random.ts';
import { fieldValue } from '../../http/fields.ts';
import type { AdmissionStage } from '../call.ts';
import { isEnforced } from '../enforcement.ts';
import type { RateLimitOptions } from './rate-limit-options.ts';
import type { RateRefusal } from './rate-limiter.ts';
import { RateLimiter } from './rate-limiter.ts';
import type { TokenRate } from './token-bucket.ts';

export interface RateLimitDependencies {
  readonly service: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: CompleteObserver;
}

/** Belongs outermost: what is refused here must hold nothing. */
export function rateLimitStage(
  options: RateLimitOptions,
  { service, clock, random, observer }: RateLimitDependencies,
): AdmissionStage {
  const limiter = new RateLimiter(options);
  return (next) => async (call) => {
    const caller =
      options.caller === undefined ? '' : (fieldValue(call.request.headers, options.caller.header) ?? '');
    const refusal = limiter.tryTake(caller, clock.now());
    if (refusal !== undefined) {
      if (isEnforced(options.enforce, random)) throw refused(service, refusal, options);
      observer.wouldLimit(service);
    }
    return next(call);
  };
}

function refused(
  service: string,
  { limit, waitMs }: RateRefusal,
  { service: serviceRate, caller }: RateLimitOptions,
): AmbassadorError {
  const detail =
    limit === 'service'
      ? `${service} takes ${inWords(serviceRate)} from all callers together`
      : `${service} takes ${inWords(caller?.rate)} from each caller, told apart by ${caller?.header}`;
  return new AmbassadorError(
    'rate_limited',
    `${detail}; the next one may come in ${timeInWords(Math.ceil(waitMs))}.`,
    {
      retryAfterSeconds: waitMs / 1000,
    },
  );
}

function inWords(rate: TokenRate | undefined): string {
  return rate === undefined ? '' : `${counted(rate.requests, 'call')} in ${timeInWords(rate.perMs)}`;
}

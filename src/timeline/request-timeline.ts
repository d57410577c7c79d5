// Some of the requests, for the timeline: failed and slow ones first, and never so many that a storm fills it.

import type { Clock } from '../core/clock.ts';
import type { RequestFacts, RequestObserver } from '../core/observer.ts';
import { hasFailed } from '../core/request-outcome.ts';
import { pathOf } from '../core/request-path.ts';
import type { Timeline } from './timeline.ts';

/** Of one service, one request of a sort is told in this time. */
const EVERY_MS = { failed: 1_000, slow: 1_000, sampled: 10_000 } as const;

type Sort = keyof typeof EVERY_MS;

interface Told {
  readonly at: Record<Sort, number>;
  /** Requests of the sort that were not told since. */
  readonly untold: Record<Sort, number>;
}

export class RequestTimeline implements RequestObserver {
  readonly #timeline: Timeline;
  readonly #clock: Clock;
  readonly #slowMs: number;
  readonly #services = new Map<string, Told>();

  /** @param slowMs from how long on a request is slow; 0 for never */
  constructor(timeline: Timeline, clock: Clock, slowMs: number) {
    this.#timeline = timeline;
    this.#clock = clock;
    this.#slowMs = slowMs;
  }

  requestStarted(): void {}

  requestFinished(facts: RequestFacts): void {
    const { service } = facts;
    if (service === '') return;
    const sort = this.#sortOf(facts);
    const told = this.#toldOf(service);
    const now = this.#clock.now();
    if (now - told.at[sort] < EVERY_MS[sort]) {
      told.untold[sort]++;
      return;
    }
    const untold = told.untold[sort];
    told.at[sort] = now;
    told.untold[sort] = 0;
    const { requestId, status, reason, durationMs, attempts, flags } = facts;
    this.#timeline.record({
      service,
      kind: 'request',
      severity: sort === 'failed' ? 'error' : sort === 'slow' ? 'warning' : 'info',
      summary: requestText(facts, untold, sort),
      detail: {
        requestId: requestId.slice(0, 128),
        sort,
        status,
        reason: reason ?? null,
        durationMs: Math.round(durationMs * 10) / 10,
        attempts: attempts.map(({ endpointId, status: answered, failure }) => ({
          endpoint: endpointId,
          status: answered ?? null,
          failure: failure ?? null,
        })),
        flags: [...flags],
        untold,
      },
    });
  }

  /** Forgets a service that is closed. */
  forget(service: string): void {
    this.#services.delete(service);
  }

  #sortOf(facts: RequestFacts): Sort {
    if (hasFailed(facts)) return 'failed';
    return this.#slowMs > 0 && !facts.upgraded && facts.durationMs >= this.#slowMs ? 'slow' : 'sampled';
  }

  #toldOf(service: string): Told {
    const known = this.#services.get(service);
    if (known !== undefined) return known;
    const never = Number.NEGATIVE_INFINITY;
    const told = {
      at: { failed: never, slow: never, sampled: never },
      untold: { failed: 0, slow: 0, sampled: 0 },
    };
    this.#services.set(service, told);
    return told;
  }
}

/** Such as "POST /charge was answered 503 connect_failure after 12 ms and 3 attempts; 41 more failed since the last one told." */
function requestText(facts: RequestFacts, untold: number, sort: Sort): string {
  const { method, target, status, reason, durationMs, attempts } = facts;
  const answer = reason === undefined ? String(status) : `${status} ${reason}`;
  const tries = attempts.length > 1 ? ` and ${attempts.length} attempts` : '';
  const more =
    sort !== 'sampled' && untold > 0 ? `; ${untold} more ${MORE[sort]} since the last one told` : '';
  return `${method.slice(0, 32)} ${pathOf(target).slice(0, 256)} was answered ${answer} after ${Math.round(durationMs)} ms${tries}${more}.`;
}

const MORE = { failed: 'failed', slow: 'were slow' } as const;

// Some of the requests, for the timeline: failed and slow ones, as long as they are few, and now and then any other.

import type { Clock } from '../../core/clock.ts';
import type { ConnectionFacts } from '../../core/connection-facts.ts';
import { asRequestFacts } from '../../core/connection-facts.ts';
import type { Observer } from '../../core/events.ts';
import { statusText } from '../../core/grpc-status.ts';
import type { RequestFacts } from '../../core/request-facts.ts';
import { hasFailed, isSlow } from '../../core/request-outcome.ts';
import { pathOf } from '../../http/request-path.ts';
import type { Timeline } from './timeline.ts';

/**
 * Of one service so many failed or slow requests are recorded in a row, and then one in this time, in milliseconds: a storm
 * that lasts for all of the timeline's quarter of an hour pushes nothing out, not even its own beginning.
 */
const BURST = 10;
const REFILL_MS = 5_000;

/** Of one service one uneventful request is recorded in this time, in milliseconds. */
const SAMPLED_EVERY_MS = 30_000;

/** Callers choose them: longer ones are cut. */
const LONGEST_ID = 128;
const LONGEST_METHOD = 32;
const LONGEST_PATH = 256;

const MAX_ATTEMPTS = 10;

/** The detail of a refusal may name every endpoint. */
const LONGEST_CAUSE = 200;

type Sort = 'failed' | 'slow' | 'sampled';

const SEVERITIES = { failed: 'error', slow: 'warning', sampled: 'info' } as const;

interface Allowance {
  /** Failed or slow requests that may be told. */
  left: number;
  refilledAt: number;
  sampledAt: number;
  /** Failed and slow requests that were not told, since one was. */
  untold: number;
}

export class RequestTimeline implements Observer {
  readonly #timeline: Timeline;
  readonly #clock: Clock;
  readonly #slowMs: () => number;
  /** By open service. */
  readonly #allowances = new Map<string, Allowance>();

  /** @param slowMs from how long on a request is slow now; 0 for none */
  constructor(timeline: Timeline, clock: Clock, slowMs: () => number) {
    this.#timeline = timeline;
    this.#clock = clock;
    this.#slowMs = slowMs;
  }

  requestFinished(facts: RequestFacts): void {
    const allowance = this.#allowances.get(facts.service);
    // A request may end after its service was closed: nothing would remove what is kept of it then.
    if (allowance === undefined) return;
    const sort = this.#sortOf(facts);
    const now = this.#clock.now();
    if (sort === 'sampled') {
      if (now - allowance.sampledAt < SAMPLED_EVERY_MS) return;
      allowance.sampledAt = now;
      this.#tell(facts, sort, 0);
    } else if (mayTell(allowance, now)) {
      const { untold } = allowance;
      allowance.untold = 0;
      this.#tell(facts, sort, untold);
    } else {
      allowance.untold++;
    }
  }

  connectionFinished(facts: ConnectionFacts): void {
    this.requestFinished(asRequestFacts(facts));
  }

  serviceOpened(service: string): void {
    if (this.#allowances.has(service)) return;
    const refilledAt = this.#clock.now();
    this.#allowances.set(service, {
      left: BURST,
      refilledAt,
      sampledAt: Number.NEGATIVE_INFINITY,
      untold: 0,
    });
  }

  serviceClosed(service: string): void {
    this.#allowances.delete(service);
  }

  #tell(facts: RequestFacts, sort: Sort, untold: number): void {
    const { service, requestId, traceId, status, reason, durationMs, attempts, flags } = facts;
    this.#timeline.record({
      service,
      kind: 'request',
      severity: SEVERITIES[sort],
      summary: requestText(facts, sort, untold),
      detail: {
        sort,
        requestId: requestId.slice(0, LONGEST_ID),
        traceId: traceId ?? null,
        status,
        reason: reason ?? null,
        durationMs: Math.round(durationMs * 100) / 100,
        flags: [...flags],
        attempts: attempts.slice(0, MAX_ATTEMPTS).map(({ endpointId, status: answered, failure }) => ({
          endpoint: endpointId,
          status: answered ?? null,
          failure: failure ?? null,
        })),
        untold,
      },
    });
  }

  #sortOf(facts: RequestFacts): Sort {
    if (hasFailed(facts)) return 'failed';
    return isSlow(facts, this.#slowMs()) ? 'slow' : 'sampled';
  }
}

function mayTell(allowance: Allowance, now: number): boolean {
  const earned = Math.floor((now - allowance.refilledAt) / REFILL_MS);
  allowance.left = Math.min(BURST, allowance.left + earned);
  allowance.refilledAt += earned * REFILL_MS;
  if (allowance.left === 0) return false;
  allowance.left--;
  return true;
}

/** Such as "POST /charge was answered 503 (connect_failure) after 12 ms and 3 attempts: connection refused; 41 more failed or were slow since the last such entry." */
function requestText(facts: RequestFacts, sort: Sort, untold: number): string {
  const { method, target, status, reason, durationMs, attempts } = facts;
  const told = statusText(facts);
  const cause = sort === 'failed' ? causeText(facts) : '';
  const more = untold > 0 ? `; ${untold} more failed or were slow since the last such entry` : '';
  if (status === 0) {
    const how = reason === undefined ? 'ended in order' : `ended with ${reason}`;
    return `A connection ${how} after ${Math.round(durationMs)} ms${withStop(`${cause}${more}`)}`;
  }
  const what = `${method.slice(0, LONGEST_METHOD)} ${pathOf(target).slice(0, LONGEST_PATH)}`;
  const answer = reason === undefined ? told : `${told} (${reason})`;
  const slowly = sort === 'slow' ? ', which is slow' : '';
  const tries = attempts.length > 1 ? ` and ${attempts.length} attempts` : '';
  return `${what} was answered ${answer} after ${Math.round(durationMs)} ms${tries}${slowly}${withStop(`${cause}${more}`)}`;
}

function withStop(text: string): string {
  return text.endsWith('…') ? text : `${text}.`;
}

/** What the ambassador's own response says of the cause, or which endpoint responded so. */
function causeText({ reason, detail, attempts }: RequestFacts): string {
  if (reason === undefined) {
    const last = attempts.at(-1);
    return last === undefined ? '' : `, by ${last.authority}`;
  }
  if (detail === undefined) return '';
  const text = detail.replaceAll(/\s+/g, ' ').replace(/\.$/, '');
  return `: ${text.length > LONGEST_CAUSE ? `${text.slice(0, LONGEST_CAUSE)}…` : text}`;
}

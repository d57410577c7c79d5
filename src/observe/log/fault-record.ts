// Faults of the ambassador itself that nothing caught: each is counted, and logged with its stack the first time it is seen
// at its place.

import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';

export interface FaultSummary {
  /** Since the start. */
  readonly count: number;
  /** The latest one; null when there was none. */
  readonly last: { readonly at: string; readonly message: string } | null;
}

/** Places in the code that are recorded separately; faults elsewhere are then only counted. */
const MAX_PLACES = 100;

/** Of a fault in a summary, in UTF-16 code units. */
export const LONGEST_MESSAGE = 300;

/** @param last with milliseconds since the Unix epoch */
export function summaryOf(
  count: number,
  last: { readonly at: number; readonly message: string } | undefined,
): FaultSummary {
  return { count, last: last === undefined ? null : { ...last, at: new Date(last.at).toISOString() } };
}

/** Faults of both kinds as one. */
export function allFaults(some: FaultSummary, others: FaultSummary): FaultSummary {
  const [last = null] = [some.last, others.last]
    .filter((fault) => fault !== null)
    .sort((a, b) => (a.at < b.at ? 1 : -1));
  return { count: some.count + others.count, last };
}

export class FaultRecord {
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, 'wallTime'>;
  readonly #places = new Set<string>();
  #count = 0;
  #last: { readonly at: number; readonly message: string } | undefined;

  constructor(logger: Logger, clock: Pick<Clock, 'wallTime'>) {
    this.#logger = logger;
    this.#clock = clock;
  }

  get count(): number {
    return this.#count;
  }

  summary(): FaultSummary {
    return summaryOf(this.#count, this.#last);
  }

  /** Never throws: what it is called by is the last resort. */
  record(fault: unknown): void {
    this.#count++;
    try {
      this.#last = { at: this.#clock.wallTime(), message: messageOf(fault).slice(0, LONGEST_MESSAGE) };
      const place = placeOf(fault);
      if (this.#places.has(place) || this.#places.size >= MAX_PLACES) return;
      this.#places.add(place);
      this.#logger.error(
        { err: fault },
        'An unexpected fault of the ambassador; please report it. Further ones at the same place are only counted.',
      );
    } catch {
      // Counted all the same.
    }
  }
}

/** The stack without the message, which may differ each time. */
function placeOf(fault: unknown): string {
  if (!(fault instanceof Error) || typeof fault.stack !== 'string') return typeof fault;
  const frames = fault.stack.slice(fault.stack.indexOf('\n    at '));
  return `${fault.name}${frames}`;
}

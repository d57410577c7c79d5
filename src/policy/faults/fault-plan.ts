// Which faults a call gets: values, a clock's readings and a random source in, a plan out.

import type { Random } from '../../core/random.ts';
import { matchesField } from '../../http/fields.ts';
import type { Fields } from '../../http/message.ts';
import type { FaultOptions } from './fault-options.ts';

/** What is done to one call. */
export interface FaultPlan {
  readonly delayMs: number | undefined;
  readonly abortStatus: number | undefined;
  readonly bytesPerSecond: number | undefined;
  readonly truncateAt: number | undefined;
}

export interface FaultTimes {
  /** Monotonic milliseconds since the configuration was read. */
  readonly sinceLoadMs: number;
  /** Milliseconds since the Unix epoch. */
  readonly wallTime: number;
}

/** Undefined when the call gets none. */
export function planFaults(
  faults: readonly FaultOptions[],
  headers: Fields,
  times: FaultTimes,
  random: Random,
): FaultPlan | undefined {
  const drawn = faults.filter(
    (fault) =>
      isInForce(fault, times) &&
      (fault.header === undefined || matchesField(headers, fault.header)) &&
      random() * 100 < fault.percentage,
  );
  if (drawn.length === 0) return undefined;
  return {
    delayMs: drawn.find(({ delay }) => delay !== undefined)?.delay,
    abortStatus: drawn.find(({ abort }) => abort !== undefined)?.abort,
    bytesPerSecond: drawn.find(({ rate }) => rate !== undefined)?.rate,
    truncateAt: drawn.find(({ truncate }) => truncate !== undefined)?.truncate,
  };
}

function isInForce(fault: FaultOptions, { sinceLoadMs, wallTime }: FaultTimes): boolean {
  if (fault.until !== undefined && wallTime >= fault.until) return false;
  return fault.for === undefined || sinceLoadMs < fault.for;
}

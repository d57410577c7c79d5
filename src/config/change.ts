// What a new configuration changed, for people and for machines. Known to the running proxy, which has no schema.

import type { Raw } from './raw.ts';
import { isRawMap } from './raw.ts';

/** One setting that is not what it was. */
export interface ConfigChange {
  /** Such as `services.payments.timeout.request`. */
  readonly path: string;
  /** What it was, redacted where it is a secret; left out where there was none. */
  readonly before?: Raw;
  /** What it is; left out where there is none any more. */
  readonly after?: Raw;
}

const LONGEST_SHOWN_SIDE = 120;

/** One line for people: `services.payments.timeout.request: 15s → 3s`. */
export function formatChange({ path, before, after }: ConfigChange): string {
  return `${path}: ${formatSide(before)} → ${formatSide(after)}`;
}

function formatSide(value: Raw | undefined): string {
  if (value === undefined) return '(none)';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (text.length <= LONGEST_SHOWN_SIDE) return text;
  return isRawMap(value) ? '{…}' : `${text.slice(0, LONGEST_SHOWN_SIDE)}…`;
}

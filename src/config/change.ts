// What a new configuration changed, for people and for machines. Known to the running proxy, which has no schema.

import type { ConfigChange } from '../core/config-events.ts';
import type { Raw } from './raw.ts';
import { isRawMap } from './raw.ts';

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

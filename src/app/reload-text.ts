// What becomes of the configuration, in sentences for people: the log and the timeline tell the same.

import { formatChange } from '../config/change.ts';
import type { ConfigChange, ConfigRefused, ReloadAdvice, ReloadCause } from '../core/config-events.ts';
import { errorRatio } from './reload-verdict.ts';

/** Such as ` by Ada (try shorter timeouts)`. */
export function causeText(cause: ReloadCause): string {
  if (cause.kind === 'signal') return ' on SIGHUP';
  if (cause.kind === 'file') return '';
  if (cause.kind === 'kv') return ' from Consul KV';
  const { who, why } = cause.operator;
  return ` by ${who ?? 'an operator'}${why === null ? '' : ` (${why})`}`;
}

/** @param most how many are named */
export function changesText(changes: readonly ConfigChange[], most: number): string {
  const told = changes.slice(0, most).map(formatChange);
  const more = changes.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

export function refusalText({ triedAgainAfterMs }: ConfigRefused): string {
  return triedAgainAfterMs === undefined
    ? 'The new configuration is refused, and the old one stays in force'
    : `The configuration cannot be read now, and the one in force stays; it is tried again every ${triedAgainAfterMs / 1000} s`;
}

const MAX_ADVISED_CHANGES = 5;

export function adviceText({ service, reloadedAt, afterMs, before, after, changes }: ReloadAdvice): string {
  const time = new Date(reloadedAt).toISOString().slice(11, 19);
  return (
    `Errors of ${service} rose from ${percent(errorRatio(before))} to ${percent(errorRatio(after))} within ` +
    `${afterMs / 1000} s after the reload of ${time} UTC; what changed: ${changesText(changes, MAX_ADVISED_CHANGES)}`
  );
}

/** `0.2 %`, and `34 %` from ten on. */
function percent(ratio: number): string {
  const value = ratio * 100;
  const text = value < 10 ? value.toFixed(1).replace(/\.0$/, '') : value.toFixed(0);
  return `${text} %`;
}

// How many of the endpoints that were known are still there. Pure.

import type { Endpoint } from '../../endpoint/endpoint.ts';
import { unusableReason } from '../../endpoint/endpoint.ts';

/** How many are still listed. Of thousands nearly all are the same, in the same place: only what lies between is compared. */
export function kept(before: readonly Endpoint[], after: readonly Endpoint[]): number {
  const shorter = Math.min(before.length, after.length);
  let first = 0;
  while (first < shorter && before[first] === after[first]) first++;
  let last = 0;
  while (last < shorter - first && before.at(-1 - last) === after.at(-1 - last)) last++;
  const ids = new Set(after.slice(first, after.length - last).map(({ id }) => id));
  const between = before.slice(first, before.length - last);
  return first + last + between.filter(({ id }) => ids.has(id)).length;
}

/** Those registered again are critical until their first check has run. */
export function keptInUse(before: readonly Endpoint[], after: readonly Endpoint[]): number {
  const listed = new Map(after.map((endpoint) => [endpoint.id, endpoint]));
  return before.filter((known) => {
    const now = listed.get(known.id);
    return now !== undefined && (isInUse(now) || !isInUse(known));
  }).length;
}

/** An operator's word counts as use. */
function isInUse(endpoint: Endpoint): boolean {
  const reason = unusableReason(endpoint);
  return reason === undefined || reason === 'maintenance';
}

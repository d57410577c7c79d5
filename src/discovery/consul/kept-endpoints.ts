// How many of the endpoints that were known are still there. Pure.

import type { Endpoint } from '../../endpoint/endpoint.ts';
import { unusableReason } from '../../endpoint/endpoint.ts';

export function kept(before: readonly Endpoint[], after: readonly Endpoint[]): number {
  const ids = new Set(after.map(({ id }) => id));
  return before.filter(({ id }) => ids.has(id)).length;
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

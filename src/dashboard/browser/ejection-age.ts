// Since when a service has had an endpoint ejected, as far as the timeline goes back.

import type { TimelineEntry } from './wire.ts';

/** How long ago the last ejection of each service was, in milliseconds. @param now ISO 8601 */
export function ejectionAges(timeline: readonly TimelineEntry[], now: string): ReadonlyMap<string, number> {
  const ages = new Map<string, number>();
  for (const { service, kind, at, detail } of timeline) {
    if (service === null || kind !== 'ejection' || detail['event'] !== 'ejected') continue;
    const age = Math.max(0, Date.parse(now) - Date.parse(at));
    ages.set(service, Math.min(age, ages.get(service) ?? age));
  }
  return ages;
}

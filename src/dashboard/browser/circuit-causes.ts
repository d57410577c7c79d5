// Why the circuits of services opened, as far as the timeline goes back.

import type { TimelineEntry } from './wire.ts';

/** The newest cause of each service, such as `18 of 18 calls failed: connection refused by 3 of 3`. @param timeline newest first */
export function circuitCauses(timeline: readonly TimelineEntry[]): ReadonlyMap<string, string> {
  const causes = new Map<string, string>();
  for (const { service, kind, detail } of timeline) {
    if (service === null || kind !== 'circuit' || detail['to'] !== 'open' || causes.has(service)) continue;
    const why = detail['why'];
    if (typeof why === 'string') causes.set(service, withinSentence(why));
  }
  return causes;
}

/** Sentences as a part of another. */
function withinSentence(text: string): string {
  const joined = text.replace(/\.$/, '').replace(/^It opened (.+? UTC)\. /, 'opened $1: ');
  return joined.replace(
    /^(opened .+? UTC: )?([A-Z])(?=[a-z ])/,
    (_, opened: string = '', first: string) => opened + first.toLowerCase(),
  );
}

// What becomes of overrides, for people: pure.

import { lengthInWords } from '../core/in-words.ts';
import type { OverrideChange, OverrideEnd, OverrideFacts } from '../core/override-facts.ts';

/** Such as "ada sends requests of payments with x-dev: me to localhost:4000 for 1 h: trying v2." */
export function overrideText(service: string, change: OverrideChange): string {
  if (change.kind === 'began') return beganText(service, change.override);
  const { override, cause, by } = change;
  const which = `The override of ${service} by ${override.address}`;
  if (cause === 'operator') {
    return `${by.who ?? 'An operator'} ended the override of ${service} by ${override.address}${because(by.why)}`;
  }
  return `${which} has ended: ${CAUSES[cause]}.`;
}

const CAUSES = {
  time: 'its time is over',
  replaced: 'another one takes its place',
  configuration: 'the configuration has no such service any more',
  process: 'the ambassador stops',
} as const satisfies Record<Exclude<OverrideEnd, 'operator'>, string>;

function beganText(service: string, { address, header, forMs, who, why }: OverrideFacts): string {
  const requests = header === undefined ? `requests of ${service}` : `requests of ${service} with ${header}`;
  const time = forMs === undefined ? 'until further notice' : `for ${lengthInWords(forMs / 1_000)}`;
  return `${who ?? 'An operator'} sends ${requests} to ${address} ${time}${because(why)}`;
}

function because(why: string | null): string {
  if (why === null) return '.';
  return `: ${why}${/[.!?]$/.test(why) ? '' : '.'}`;
}

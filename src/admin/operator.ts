// Who calls for a change, and why, as far as they say: for the log and the timeline.

import type { IncomingHttpHeaders } from 'node:http';
import type { Operator } from '../core/config-events.ts';

const LONGEST_TEXT = 200;

/** The header `x-ambassador-operator` names who; the content may say both, and goes before the header. */
export function readOperator(headers: IncomingHttpHeaders, content: unknown): Operator {
  const said: Readonly<Record<string, unknown>> =
    typeof content === 'object' && content !== null ? { ...content } : {};
  return { who: shortText(said['who'] ?? headers['x-ambassador-operator']), why: shortText(said['why']) };
}

function shortText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_TEXT) : null;
}

// What the endpoints of a service did lately, for people: pure.

import { counted, timeInWords } from '../core/in-words.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { endpointName } from '../endpoint/endpoint-name.ts';
import type { FailureRun } from './recent-outcomes.ts';
import { isSentence } from './recent-outcomes.ts';

export interface ObservedEndpoint {
  readonly endpoint: Endpoint;
  readonly inFlight: number;
  readonly outcomes: { recentRun(now: number): FailureRun | undefined };
  medianLatencyMs(now: number): number | undefined;
}

/** So many endpoints are described one by one. */
const MAX_DESCRIBED = 3;

/** Such as "connection refused by 2 of 2, 503 from 1 of 2"; undefined when none failed lately. */
export function causesText(endpoints: Iterable<ObservedEndpoint>, now: number): string | undefined {
  const failures = new Map<string, { cause: string; count: number }>();
  let total = 0;
  for (const { outcomes } of endpoints) {
    total++;
    const run = outcomes.recentRun(now);
    if (run === undefined) continue;
    const cause = `${run.newest} ${run.kind === 'status' ? 'from' : 'by'}`;
    // The time that an attempt had differs from one to the next: it is no other cause.
    const key = cause.replace(/ within [\d.]+ m?s /, ' in time ');
    const known = failures.get(key);
    failures.set(key, {
      cause: known === undefined || known.cause === cause ? cause : key,
      count: (known?.count ?? 0) + 1,
    });
  }
  if (failures.size === 0) return undefined;
  return [...failures.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, MAX_DESCRIBED)
    .map(({ cause, count }) =>
      isSentence(cause)
        ? `${cause.replace(/ (by|from)$/, '')} (${count} of ${total})`
        : `${cause} ${count} of ${total}`,
    )
    .join(', ');
}

/** Each of the first few with what it did: those that fail before those that are busy. Empty without endpoints. */
export function endpointsText(endpoints: Iterable<ObservedEndpoint>, now: number): string {
  const described = [...endpoints]
    .map((endpoint) => ({ endpoint, run: endpoint.outcomes.recentRun(now) }))
    .sort((a, b) => (b.run?.inRow ?? 0) - (a.run?.inRow ?? 0) || b.endpoint.inFlight - a.endpoint.inFlight);
  const texts = described
    .slice(0, MAX_DESCRIBED)
    .map(
      ({ endpoint, run }) => `${endpointName(endpoint.endpoint)}: ${run?.text ?? busyText(endpoint, now)}`,
    );
  const more = described.length - texts.length;
  return [...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function busyText(endpoint: ObservedEndpoint, now: number): string {
  const median = endpoint.medianLatencyMs(now);
  const latency = median === undefined ? '' : `, median latency ${timeInWords(median)}`;
  return `${counted(endpoint.inFlight, 'request')} under way${latency}`;
}

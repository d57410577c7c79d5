// How one request went, for callers that send x-ambassador-explain: what fits into a header field of the response.

import { secrets } from '../core/secrets.ts';
import type { Exchange } from '../http/exchange.ts';
import { fieldValue } from '../http/fields.ts';
import { isLoopbackHost } from '../net/address.ts';
import type { Call } from '../policy/call.ts';
import { EXPLAIN_HEADER } from './headers.ts';
import type { Route } from './route.ts';

/** Clients give up on longer header fields. */
const LONGEST_VALUE = 8 * 1024;

/** Whether this request asks, and may: it comes from this machine, over loopback or a unix socket. */
export function asksForExplanation({
  head,
  remoteAddress,
}: Pick<Exchange, 'head' | 'remoteAddress'>): boolean {
  if (fieldValue(head.fields, EXPLAIN_HEADER) !== '1') return false;
  return remoteAddress === undefined || isLoopbackAddress(remoteAddress);
}

export interface ExplainedAttempt {
  readonly endpoint: string;
  readonly authority: string;
  /** Milliseconds after the request began. */
  readonly startedMs: number;
  /** Milliseconds until the head of the response; null when none came. */
  readonly headMs: number | null;
  readonly status: number | null;
  readonly failure: string | null;
  /** What was decided after it; null for the slower one of a hedged pair. */
  readonly decision: string | null;
}

export interface RequestExplanation {
  readonly service: string | null;
  readonly addressing: string | null;
  /** As the endpoint got it. */
  readonly path: string | null;
  readonly flags: readonly string[];
  readonly attempts: readonly ExplainedAttempt[];
  /** Attempts that found no room. */
  readonly more: number;
}

/** The header's value: JSON in ASCII. */
export function explanationHeader(
  route: Route | undefined,
  service: string | undefined,
  call: Call | undefined,
  startedAt: number,
): string {
  const attempts = call === undefined ? [] : explainedAttempts(call, startedAt);
  for (let shown = attempts.length; ; shown--) {
    const explanation: RequestExplanation = {
      service: service ?? route?.service.name ?? null,
      addressing: route?.addressing ?? null,
      path: route === undefined ? null : route.path.slice(0, 512),
      flags: [...(call?.flags ?? [])],
      attempts: attempts.slice(0, shown),
      more: attempts.length - shown,
    };
    const value = toAscii(secrets.redactStructured(JSON.stringify(explanation)));
    if (value.length <= LONGEST_VALUE || shown === 0) return value.slice(0, LONGEST_VALUE);
  }
}

function explainedAttempts({ attempts, decisions }: Call, startedAt: number): ExplainedAttempt[] {
  // Of a hedged pair one decision is made, for the one that counted: the last of them.
  const spare = attempts.length - decisions.length;
  return attempts.map((attempt, index) => ({
    endpoint: attempt.endpointId,
    authority: attempt.authority,
    startedMs: tenths(attempt.startedAt - startedAt),
    headMs: attempt.headMs === undefined ? null : tenths(attempt.headMs),
    status: attempt.status ?? null,
    failure: attempt.failureDetail ?? attempt.failure ?? null,
    decision: decisions[index - Math.max(0, spare)] ?? null,
  }));
}

function toAscii(json: string): string {
  return json.replaceAll(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function isLoopbackAddress(address: string): boolean {
  return isLoopbackHost(address.startsWith('::ffff:') ? address.slice(7) : address);
}

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

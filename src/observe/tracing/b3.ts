// B3 propagation (openzipkin/b3-propagation), read and written in both of its forms: one field `b3`, or several
// `x-b3-*`.

import type { RemoteParent } from './trace-context.ts';
import { isSpanId, isTraceId } from './trace-context.ts';

/** The B3 fields of a request; undefined for each that it does not have. */
export interface B3Fields {
  readonly single: string | undefined;
  readonly traceId: string | undefined;
  readonly spanId: string | undefined;
  readonly sampled: string | undefined;
  readonly flags: string | undefined;
}

export interface B3Context {
  /** Undefined when the fields only say whether to record. */
  readonly parent: RemoteParent | undefined;
  readonly sampled: boolean | undefined;
  /** Record it whatever else is said, and tell the endpoints so. */
  readonly debug: boolean;
}

/** What B3 fields come to; undefined for what is not valid. */
export function parseB3(fields: B3Fields): B3Context | undefined {
  return fields.single === undefined ? parseMultiple(fields) : parseSingle(fields.single.trim());
}

function parseSingle(value: string): B3Context | undefined {
  if (value.length === 1) return withDecision(value);
  const [traceId = '', spanId = '', decision, parentSpanId, ...rest] = value.split('-');
  if (rest.length > 0 || (parentSpanId !== undefined && !isSpanId(parentSpanId.toLowerCase())))
    return undefined;
  if (decision === undefined) return withParent(traceId, spanId, { sampled: undefined, debug: false });
  const decided = withDecision(decision);
  return decided && withParent(traceId, spanId, decided);
}

function parseMultiple({ traceId, spanId, sampled, flags }: B3Fields): B3Context | undefined {
  const decided =
    flags === '1'
      ? withDecision('d')
      : sampled === undefined
        ? { parent: undefined, sampled: undefined, debug: false }
        : withDecision(sampled);
  if (decided === undefined) return undefined;
  if (traceId === undefined && spanId === undefined) return decided;
  return withParent(traceId ?? '', spanId ?? '', decided);
}

/** `true` and `false` come from early tracers. */
const DECISIONS: Readonly<Record<string, Omit<B3Context, 'parent'>>> = {
  '0': { sampled: false, debug: false },
  false: { sampled: false, debug: false },
  '1': { sampled: true, debug: false },
  true: { sampled: true, debug: false },
  d: { sampled: true, debug: true },
};

function withDecision(text: string): B3Context | undefined {
  const decision = Object.hasOwn(DECISIONS, text) ? DECISIONS[text] : undefined;
  return decision && { parent: undefined, ...decision };
}

function withParent(
  traceId: string,
  spanId: string,
  { sampled, debug }: Omit<B3Context, 'parent'>,
): B3Context | undefined {
  // Trace ids of 64 bits are the lower half of ours.
  const whole = traceId.toLowerCase().padStart(32, '0');
  const span = spanId.toLowerCase();
  if ((traceId.length !== 16 && traceId.length !== 32) || !isTraceId(whole) || !isSpanId(span))
    return undefined;
  return { parent: { traceId: whole, spanId: span, sampled, random: false }, sampled, debug };
}

export interface B3Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly sampled: boolean;
  readonly debug: boolean;
}

export function formatB3({ traceId, spanId, parentId, sampled, debug }: B3Span): string {
  const decision = debug ? 'd' : sampled ? '1' : '0';
  return parentId === undefined
    ? `${traceId}-${spanId}-${decision}`
    : `${traceId}-${spanId}-${decision}-${parentId}`;
}

export function b3Fields({ traceId, spanId, parentId, sampled, debug }: B3Span): string[] {
  const fields = ['x-b3-traceid', traceId, 'x-b3-spanid', spanId];
  if (parentId !== undefined) fields.push('x-b3-parentspanid', parentId);
  if (debug) fields.push('x-b3-flags', '1');
  else fields.push('x-b3-sampled', sampled ? '1' : '0');
  return fields;
}

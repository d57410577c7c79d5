// W3C Trace Context (Level 2): the fields traceparent and tracestate, read and written.

/** Where a trace comes from. */
export interface RemoteParent {
  /** 32 digits of lower-case hex, not all zero. */
  readonly traceId: string;
  /** 16 of them. */
  readonly spanId: string;
  /** Whether the caller records the trace; undefined when it leaves that open, as B3 can. */
  readonly sampled: boolean | undefined;
  /** The trace id is random enough to sample by (the flag random-trace-id). */
  readonly random: boolean;
}

/** Version, trace id, parent id, flags; a later version may go on after a dash. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

const SAMPLED_FLAG = 0x01;
const RANDOM_FLAG = 0x02;

const NO_TRACE_ID = '0'.repeat(32);
const NO_SPAN_ID = '0'.repeat(16);

/** The parent that a traceparent names; undefined for what is not valid, with which a new trace begins. */
export function parseTraceparent(value: string): RemoteParent | undefined {
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(value.trim()) ?? [];
  if (version === undefined || version === 'ff') return undefined;
  if (version === '00' && more !== undefined) return undefined;
  if (!isTraceId(traceId) || !isSpanId(spanId)) return undefined;
  const bits = Number.parseInt(flags, 16);
  return { traceId, spanId, sampled: (bits & SAMPLED_FLAG) !== 0, random: (bits & RANDOM_FLAG) !== 0 };
}

export function formatTraceparent(
  traceId: string,
  spanId: string,
  sampled: boolean,
  random: boolean,
): string {
  const flags = (sampled ? SAMPLED_FLAG : 0) | (random ? RANDOM_FLAG : 0);
  return `00-${traceId}-${spanId}-0${flags}`;
}

export function isTraceId(id: string): boolean {
  return /^[0-9a-f]{32}$/.test(id) && id !== NO_TRACE_ID;
}

export function isSpanId(id: string): boolean {
  return /^[0-9a-f]{16}$/.test(id) && id !== NO_SPAN_ID;
}

/** Four times what everybody must pass on. */
const MAX_TRACESTATE = 2_048;

/** An entry longer than this is the first to go ("tracestate Limits"). */
const LARGE_ENTRY = 128;

/** The tracestate as it goes on: untouched, or without whole entries until it is not too long. */
export function boundedTracestate(value: string): string {
  if (value.length <= MAX_TRACESTATE) return value;
  const small = value.split(',').filter((entry) => entry.trim().length <= LARGE_ENTRY);
  let length = small.reduce((sum, entry) => sum + entry.length + 1, -1);
  while (length > MAX_TRACESTATE) length -= (small.pop()?.length ?? 0) + 1;
  return small.join(',');
}

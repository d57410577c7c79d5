// How long a call may take: the configuration's limit, or less when the caller asks for less; and how what is left of
// it is sent to the endpoint. Source: gRPC over HTTP/2, "Requests", and gRPC's deadlines, which hold for a whole call.

import type { Fields } from './message.ts';

/** Milliseconds as a decimal number: what this call may take until the head of its response. */
export const TIMEOUT_HEADER = 'x-request-timeout-ms';

/** gRPC's own: up to eight digits and a unit. */
const GRPC_TIMEOUT_HEADER = 'grpc-timeout';

const MOST_GRPC_DIGITS = 99_999_999;

const GRPC_UNITS_MS = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 } as const;

/**
 * The time limit of a call in milliseconds: the configured one, or the caller's when it is shorter; 0 for none. What
 * a caller says that cannot be read counts as not said.
 * @param configuredMs 0 for none
 */
export function callTimeoutMs(headers: Fields, configuredMs: number): number {
  let shortest = configuredMs === 0 ? Number.POSITIVE_INFINITY : configuredMs;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i];
    if (name?.length !== TIMEOUT_HEADER.length && name?.length !== GRPC_TIMEOUT_HEADER.length) continue;
    const asked = readTimeout(name.toLowerCase(), headers[i + 1] ?? '');
    if (asked !== undefined && asked < shortest) shortest = asked;
  }
  return Number.isFinite(shortest) ? Math.max(1, shortest) : 0;
}

/** As gRPC says it, a millisecond at least. */
export function grpcTimeout(ms: number): string {
  if (ms <= MOST_GRPC_DIGITS) return `${Math.max(1, Math.floor(ms))}m`;
  return `${Math.min(MOST_GRPC_DIGITS, Math.floor(ms / GRPC_UNITS_MS.S))}S`;
}

/** What is left of the times that a call has when an attempt is made, in milliseconds. */
export interface TimeLeft {
  /** Until the head of its response; infinite for no limit. */
  readonly untilHead: number;
  /** Since the call began. */
  readonly elapsed: number;
}

/**
 * The fields of an attempt, with what is left of the time. A gRPC caller's own deadline is that of the whole call: what is
 * left of it is sent on even where the head has to come sooner, since a stream goes on behind its head.
 */
export function withTimeLeft(headers: Fields, { untilHead, elapsed }: TimeLeft): Fields {
  if (!Number.isFinite(untilHead)) return headers;
  const sent = headers.some(isTimeoutField) ? withoutTimeouts(headers, elapsed) : headers.slice();
  sent.push(TIMEOUT_HEADER, String(Math.max(1, Math.floor(untilHead))));
  return sent;
}

/** Of names and values alike: a value that looks like one of the names costs a copy and nothing else. */
function isTimeoutField(text: string): boolean {
  const { length } = text;
  if (length !== TIMEOUT_HEADER.length && length !== GRPC_TIMEOUT_HEADER.length) return false;
  const lower = text.toLowerCase();
  return lower === TIMEOUT_HEADER || lower === GRPC_TIMEOUT_HEADER;
}

/** Without `x-request-timeout-ms`, and with what is left of gRPC's deadline. What cannot be read stays as it came. */
function withoutTimeouts(headers: Fields, elapsed: number): string[] {
  const sent: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    const lower = name.toLowerCase();
    if (lower === TIMEOUT_HEADER) continue;
    const deadline = lower === GRPC_TIMEOUT_HEADER ? readTimeout(lower, value) : undefined;
    sent.push(name, deadline === undefined ? value : grpcTimeout(deadline - elapsed));
  }
  return sent;
}

function readTimeout(name: string, value: string): number | undefined {
  if (name === TIMEOUT_HEADER) return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
  if (name !== GRPC_TIMEOUT_HEADER) return undefined;
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(value) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Number(digits) * GRPC_UNITS_MS[unit as keyof typeof GRPC_UNITS_MS];
}

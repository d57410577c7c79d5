// What the end of a stream or of its connection says of an attempt: pure. Source: RFC 9113 §7 (error codes), §8.7.

import type { TransportFailure } from '../attempt.ts';

const NAMES: readonly string[] = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
];

export const NO_ERROR = 0;
export const INTERNAL_ERROR = 2;
export const CANCEL = 8;
const PROTOCOL_ERROR = 1;
const REFUSED_STREAM = 7;
const ENHANCE_YOUR_CALM = 11;
const HTTP_1_1_REQUIRED = 13;

/** Codes that speak of frames or fields that cannot be understood, on one side or the other. */
const PROTOCOL_CODES = new Set([PROTOCOL_ERROR, 3, 4, 5, 6, 9, 12]);

export function errorName(code: number): string {
  return NAMES[code] ?? `error ${code}`;
}

/** A stream ended by itself, without a whole response. @param responding whether a head had come */
export function streamFailure(code: number, responding: boolean): TransportFailure {
  const name = errorName(code);
  if (code === REFUSED_STREAM && !responding) {
    // RFC 9113 §8.7: the request was not processed at all.
    return {
      reason: 'upstream_reset',
      neverSent: true,
      detail: `the endpoint took no more streams (${name})`,
    };
  }
  if (code === HTTP_1_1_REQUIRED) {
    return {
      reason: 'upstream_protocol_error',
      neverSent: false,
      detail: `the endpoint wants HTTP/1.1 for this request (${name})`,
    };
  }
  if (code === NO_ERROR) {
    const detail = responding
      ? 'the endpoint ended the stream in the middle of its response'
      : 'the endpoint ended the stream without a response';
    return { reason: 'upstream_reset', neverSent: false, detail };
  }
  const detail =
    code === ENHANCE_YOUR_CALM && !responding
      ? `the stream was reset: the head of the request or of the response is too long, or the endpoint is asked for too much (${name})`
      : `the stream was reset (${name})`;
  const reason = PROTOCOL_CODES.has(code) ? 'upstream_protocol_error' : 'upstream_reset';
  return { reason, neverSent: false, detail };
}

/** What a GOAWAY says of streams that it leaves out: none of them was processed (RFC 9113 §6.8). */
export function leftOut(code: number): TransportFailure {
  return {
    reason: 'upstream_reset',
    neverSent: true,
    neutral: true,
    detail: `the endpoint took no more requests on this connection (GOAWAY, ${errorName(code)})`,
  };
}

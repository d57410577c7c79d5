// Foreign errors become ours here, once, by their code and never by their message.

import { messageOf } from '../core/errors.ts';
import type { TransportFailure } from './attempt.ts';

/** Errors of the socket while it connects: no byte of a request was written. */
const CONNECT_CODES = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EMFILE',
  'ENFILE',
  'UND_ERR_CONNECT_TIMEOUT',
]);

const PROTOCOL_CODES = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RESPONSE_STATUS_CODE',
]);

/** The request itself cannot be expressed in HTTP/1.1. */
const REQUEST_CODES = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);

/** How far an attempt had come when it failed. */
export interface AttemptProgress {
  /** The transport began to write it. */
  readonly started: boolean;
  /** Any part of a response had come. */
  readonly responding: boolean;
  /** The whole request left in one write, so that a refused write means nothing was sent. */
  readonly singleWrite: boolean;
}

export function toTransportFailure(error: unknown, progress: AttemptProgress): TransportFailure {
  const code = codeOf(error);
  const detail = describe(error, code);
  if (code !== undefined && REQUEST_CODES.has(code))
    return { reason: 'bad_request', neverSent: true, detail };
  if (!progress.started) return { reason: 'connect_failure', neverSent: true, detail };
  if (code !== undefined && CONNECT_CODES.has(code)) {
    return { reason: 'connect_failure', neverSent: true, detail };
  }
  if (isParserError(error) || (code !== undefined && PROTOCOL_CODES.has(code))) {
    return { reason: 'upstream_protocol_error', neverSent: false, detail };
  }
  // EPIPE is the kernel's refusal to take the bytes: the connection was closed before they were written.
  const refusedWrite = code === 'EPIPE' && progress.singleWrite && !progress.responding;
  return { reason: 'upstream_reset', neverSent: refusedWrite, detail };
}

/** undici's parser gives some of its errors a code, and all of them this name. */
function isParserError(error: unknown): boolean {
  return error instanceof Error && error.name === 'HTTPParserError';
}

/** The first code in the chain of causes, and of aggregated errors (several addresses of one name). */
function codeOf(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string' && code !== 'UND_ERR') return code;
    at = at instanceof AggregateError ? at.errors[0] : at.cause;
  }
  return undefined;
}

function describe(error: unknown, code: string | undefined): string {
  const message = messageOf(error);
  return code === undefined || message.includes(code) ? message : `${code}: ${message}`;
}

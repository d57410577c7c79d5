// What the end of an attempt says of its endpoint: a pure reading of its failure, or of the status of gRPC.

import { GRPC_UNKNOWN, httpStatusOfGrpc } from '../core/grpc-status.ts';
import type { Outcome } from '../core/outcome.ts';
import { localOutcome, NEUTRAL_OUTCOME, responseOutcome } from '../core/outcome.ts';
import type { TransportFailure } from '../http/attempt.ts';

/** What a timer may fire early by, in milliseconds. */
export const EARLY_MS = 0.5;

/** What an endpoint is given in any case before its silence is held against it, in milliseconds. */
export const FAIR_MS = 250;

const SERVER_ERROR_STATUS = 500;

export interface EndedAttempt {
  /** Milliseconds from its start to its end. */
  readonly ranMs: number;
  /** The request began to leave. */
  readonly sending: boolean;
  /** Milliseconds that the policy gives a whole call; 0 for ever. */
  readonly callMs: number;
}

/**
 * Neutral is what the client did, what this machine or its limits lacked, and what says nothing of the endpoint: a client
 * in a hurry, too little time left by other waits, a wait for a connection.
 */
export function failureOutcome(failure: TransportFailure, ended: EndedAttempt): Outcome {
  if (failure.neutral === true || lackedTime(failure, ended)) return NEUTRAL_OUTCOME;
  switch (failure.reason) {
    case 'connect_failure':
    case 'tls_failure':
      return localOutcome('connect_failure');
    case 'upstream_reset':
      return localOutcome('reset');
    case 'upstream_timeout':
    case 'deadline_exceeded':
      return localOutcome('timeout');
    case 'upstream_protocol_error':
      return localOutcome('protocol_error');
    case 'certificate_unavailable':
    case 'connection_limit':
    case 'out_of_resources':
    case 'bad_request':
    case 'untranslatable_request':
    case 'message_too_large':
    case 'not_implemented':
    case 'headers_too_large':
    case 'client_gone':
    case 'request_timeout':
      return NEUTRAL_OUTCOME;
  }
}

/** The endpoint had no fair time, or no request at all. */
function lackedTime({ reason }: TransportFailure, { ranMs, sending, callMs }: EndedAttempt): boolean {
  if (reason !== 'deadline_exceeded' && reason !== 'upstream_timeout') return false;
  const hurried = reason === 'deadline_exceeded' && ranMs < Math.min(FAIR_MS, callMs || FAIR_MS) - EARLY_MS;
  return hurried || !sending;
}

/**
 * What the trailers of a gRPC response say that its head did not; undefined for nothing bad.
 * @param code undefined when they have none
 * @param expected the status that counts as a success whatever it is
 */
export function grpcTrailersOutcome(
  code: number | undefined,
  expected: number | undefined,
): Outcome | undefined {
  const actual = code ?? GRPC_UNKNOWN;
  if (actual === expected) return undefined;
  const judged = httpStatusOfGrpc(actual);
  return judged >= SERVER_ERROR_STATUS ? responseOutcome(judged) : undefined;
}

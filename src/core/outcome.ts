// How one attempt at an endpoint ended, as far as it says something about that endpoint: the one language in
// which the transport reports and outlier detection, retries and breakers judge.

/**
 * A failure that this side saw, with no HTTP status from the endpoint: no connection, no answer in time, a
 * connection cut before the response was complete, or an answer that is not HTTP.
 */
export type LocalFailure = 'connect_failure' | 'timeout' | 'reset' | 'protocol_error';

/** The endpoint's final response began with this status, 200 to 599. */
export interface ResponseOutcome {
  readonly kind: 'response';
  readonly status: number;
}

/** The attempt failed on this side of the wire. */
export interface LocalOutcome {
  readonly kind: 'local';
  readonly failure: LocalFailure;
}

/** It says nothing about the endpoint: the client left, or the attempt was taken back before it was sent. */
export interface NeutralOutcome {
  readonly kind: 'neutral';
}

export type Outcome = ResponseOutcome | LocalOutcome | NeutralOutcome;

const SMALLEST_STATUS = 100;
const STATUS_COUNT = 500;

const RESPONSES: readonly ResponseOutcome[] = Array.from({ length: STATUS_COUNT }, (_, index) =>
  Object.freeze({ kind: 'response', status: SMALLEST_STATUS + index }),
);

const LOCAL_FAILURES = {
  connect_failure: { kind: 'local', failure: 'connect_failure' },
  timeout: { kind: 'local', failure: 'timeout' },
  reset: { kind: 'local', failure: 'reset' },
  protocol_error: { kind: 'local', failure: 'protocol_error' },
} as const satisfies Record<LocalFailure, LocalOutcome>;

/**
 * A connection that proved sound, where no response is read. It counts as 200 does.
 * Source: Envoy, outlier_detection_impl.cc, which maps LOCAL_ORIGIN_CONNECT_SUCCESS so.
 */
export const SOUND_CONNECTION: ResponseOutcome = Object.freeze({ kind: 'response', status: 200 });

export const NEUTRAL_OUTCOME: NeutralOutcome = Object.freeze({ kind: 'neutral' });

/** The outcome of a response; the same object for the same status, so that a request allocates none. */
export function responseOutcome(status: number): ResponseOutcome {
  return RESPONSES[status - SMALLEST_STATUS] ?? { kind: 'response', status };
}

/** The outcome of a failure on this side; the same object for the same failure. */
export function localOutcome(failure: LocalFailure): LocalOutcome {
  return LOCAL_FAILURES[failure];
}

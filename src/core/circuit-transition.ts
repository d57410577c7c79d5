// The states of a service's circuit and what moves it: the words of the log, the metrics and the admin API.

/**
 * - `closed`: calls go through and are counted;
 * - `open`: calls are refused at once;
 * - `half_open`: a few calls go through to see, the others are refused at once;
 * - `isolated`: an operator holds it open.
 */
export type CircuitState = 'closed' | 'open' | 'half_open' | 'isolated';

export type CircuitCause =
  | 'consecutive_failures'
  | 'failure_ratio'
  | 'slow_ratio'
  | 'probes_failed'
  | 'probes_passed'
  | 'open_time_over'
  /** There is a usable endpoint that was not among the failing ones. */
  | 'endpoint_returned'
  | 'operator';

export interface CircuitTransition {
  readonly from: CircuitState;
  readonly to: CircuitState;
  readonly cause: CircuitCause;
  /** With figures, for people. */
  readonly detail: string;
  /** Monotonic milliseconds. */
  readonly at: number;
  /** How long it stays open at most, in milliseconds; undefined unless `to` is open. */
  readonly openForMs: number | undefined;
}

/** The sentence for the log and the timeline. */
export function circuitText(service: string, { to, detail }: CircuitTransition): string {
  return `The circuit of ${service} is ${to.replaceAll('_', '-')}. ${detail}`;
}

// What outlier detection keeps of one endpoint. Others read it; only the detector changes it.

import type { EjectionReason } from '../endpoint/ejection.ts';
import { FailureRuns } from './failure-runs.ts';
import { IntervalCounter } from './interval-counter.ts';
import { WindowedRatio } from './windowed-ratio.ts';

/** Gets requests like any other. */
export interface AvailableState {
  readonly kind: 'available';
  /** When it came back from an ejection, in monotonic milliseconds: where slow start begins. */
  readonly returnedAt: number | undefined;
}

/** Gets no requests. */
export interface EjectedState {
  readonly kind: 'ejected';
  readonly reason: EjectionReason;
  /** Monotonic milliseconds. */
  readonly since: number;
  /** Monotonic milliseconds; Infinity when an operator or health checks end it. */
  readonly until: number;
  /** How many times it has been ejected, this time included. */
  readonly count: number;
}

/** Its ejection is over: gets exactly one request, whose outcome decides. */
export interface ProbingState {
  readonly kind: 'probing';
  /** Monotonic milliseconds. */
  readonly since: number;
  /** The request under way; undefined while one is awaited. */
  readonly probe: Probe | undefined;
}

export type HostState = AvailableState | EjectedState | ProbingState;

/**
 * The right to send one request to an endpoint on trial. It is recognised by identity, so that a late outcome of an
 * earlier request, or of an earlier trial, decides nothing.
 */
export interface Probe {
  readonly host: OutlierHost;
}

const NEVER_EJECTED: AvailableState = Object.freeze({ kind: 'available', returnedAt: undefined });

export class OutlierHost {
  /** The endpoint's id. */
  readonly id: string;
  state: HostState = NEVER_EJECTED;
  /** Whether discovery lets requests go there; only such endpoints count towards the cap. */
  inService = true;
  /** What its last health checks failed with, for people; undefined unless they did. */
  failedCheck: string | undefined;
  /** How many times it has been ejected. */
  ejections = 0;
  /** Which ejection the next one follows: grows by one with each, shrinks by one with each good interval. */
  backoff = 0;

  readonly consecutive = new FailureRuns();
  readonly window = new WindowedRatio();
  readonly rates = { external: new IntervalCounter(), local: new IntervalCounter() };

  constructor(id: string) {
    this.id = id;
  }

  clearCounters(): void {
    this.consecutive.clear();
    this.window.clear();
    this.rates.external.clear();
    this.rates.local.clear();
  }
}

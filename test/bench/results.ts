// The results of a run, as they are written for machines.

import type { Percentiles } from './load/load-job.ts';
import type { Machine } from './machine.ts';

/** One proxy in one round with one shape. */
export interface RoundFigures {
  /** Processor time of the proxy for each request, in microseconds, at saturation; null for no proxy. */
  readonly cpuMicroseconds: number | null;
  /** The same at the constant rate, where what it does beside requests counts too. */
  readonly cpuMicrosecondsAtRate: number | null;
  readonly requestsPerSecond: number;
  /** Which share of its core the proxy used at saturation: well below 1, the load was the limit. */
  readonly coreBusy: number | null;
  /** The most while saturated, in MiB. */
  readonly rssMiB: number | null;
  /** Milliseconds at the constant rate. */
  readonly latency: Percentiles;
  /** The generator's own error, in milliseconds. */
  readonly lateness: Percentiles;
  /** Requests that were not answered 200. */
  readonly failed: number;
  readonly loadAverage: number;
}

export interface ShapeResults {
  readonly name: string;
  readonly title: string;
  /** By the name of what was measured, DIRECT among them; every list has one entry for each round. */
  readonly rounds: Readonly<Record<string, readonly RoundFigures[]>>;
}

export interface MeasuredPeer {
  readonly name: string;
  readonly note: string;
  readonly version: string;
  /** Resident memory after the start, before any load, in MiB. */
  readonly rssAtRestMiB: number;
}

export interface Mark {
  readonly mark: string;
  /** What was measured. */
  readonly measured: string;
  readonly verdict: 'met' | 'missed' | 'not judged';
}

export interface BenchResults {
  readonly date: string;
  readonly machine: Machine;
  readonly pinning: string;
  readonly upstream: string;
  /** What saturates, and what sends at the constant rate. */
  readonly load: string;
  readonly requestsPerSecond: number;
  readonly loadAverageBefore: number;
  readonly peers: readonly MeasuredPeer[];
  readonly missing: readonly string[];
  readonly shapes: readonly ShapeResults[];
  readonly marks: readonly Mark[];
}

/** The upstream called without any proxy. */
export const DIRECT = 'direct';

// How many calls a service can bear, found by its latency: the gradient of Envoy's adaptive concurrency filter.

import type { Random } from '../../core/random.ts';
import type { AdaptiveConcurrencyOptions } from './adaptive-concurrency-options.ts';

type GradientOptions = Omit<AdaptiveConcurrencyOptions, 'enforce'>;

/** What one sample window may change: Envoy's bounds of the gradient. */
const STEEPEST_FALL = 0.5;
const STEEPEST_RISE = 2;
/** So many latencies of one window are kept; the median of more is no better. */
const MAX_SAMPLES = 1_000;
/** The random part added to the time between measurements, so that many ambassadors do not measure together. */
const JITTER = 0.15;
/** The share of `measureEvery` that a measurement may take. */
const LONGEST_MEASUREMENT = 0.1;

/**
 * From time to time only few calls are let through, and the median of their latencies is the bare latency. Then each
 * window sets `limit = limit * bare * (1 + tolerance) / median + sqrt(limit)`, within its bounds. The limit does not
 * rise while less than half of it is used.
 */
export class GradientLimit {
  readonly #options: GradientOptions;
  readonly #random: Random;
  #limit: number;
  #bareMs: number | undefined;
  #measuringSince: number | undefined;
  #measureAt = Number.POSITIVE_INFINITY;
  #samples: number[] = [];
  #windowEnd: number;
  #mostActive = 0;

  /** @param now monotonic milliseconds, here and everywhere */
  constructor(options: GradientOptions, random: Random, now: number) {
    this.#options = options;
    this.#random = random;
    this.#limit = options.minConcurrency;
    this.#measuringSince = now;
    this.#windowEnd = now;
  }

  /** Calls that may be under way now. */
  get limit(): number {
    return this.#measuringSince === undefined ? Math.floor(this.#limit) : this.#options.minConcurrency;
  }

  /** The median latency of the last measurement in milliseconds; undefined before the first. */
  get bareMs(): number | undefined {
    return this.#bareMs;
  }

  /** Before a call is let through or not. @param active calls under way, this one not among them */
  arrive(active: number, now: number): void {
    this.#mostActive = Math.max(this.#mostActive, active + 1);
    if (this.#measuringSince === undefined) {
      if (now >= this.#measureAt) this.#startMeasurement(now);
    } else {
      this.#endMeasurement(this.#measuringSince, now);
    }
  }

  /** A response came. @param startedAt when the call was let through */
  observe(latencyMs: number, startedAt: number, now: number): void {
    const measuringSince = this.#measuringSince;
    // A call from before the measurement ran beside too many others to show the unloaded latency.
    if (measuringSince !== undefined && startedAt < measuringSince) return;
    if (this.#samples.length < MAX_SAMPLES) this.#samples.push(latencyMs);
    if (measuringSince !== undefined) this.#endMeasurement(measuringSince, now);
    else if (now >= this.#windowEnd) this.#endWindow(this.#bareMs ?? latencyMs, now);
  }

  #startMeasurement(now: number): void {
    this.#measuringSince = now;
    this.#samples = [];
  }

  #endMeasurement(since: number, now: number): void {
    const { measureRequests, measureEvery } = this.#options;
    const timeIsUp = now - since >= measureEvery * LONGEST_MEASUREMENT;
    if (this.#samples.length < measureRequests && !timeIsUp) return;
    // With no sample at all the last measurement holds; without one nothing can be judged yet.
    if (this.#samples.length > 0) this.#bareMs = median(this.#samples);
    if (this.#bareMs === undefined) return;
    this.#measuringSince = undefined;
    this.#measureAt = now + measureEvery * (1 + JITTER * this.#random());
    this.#startWindow(now);
  }

  #startWindow(now: number): void {
    this.#samples = [];
    this.#mostActive = 0;
    this.#windowEnd = now + this.#options.sampleWindow;
  }

  #endWindow(bareMs: number, now: number): void {
    const { tolerance, minConcurrency, maxConcurrency } = this.#options;
    const medianMs = median(this.#samples);
    const ratio = medianMs > 0 ? (bareMs * (1 + tolerance / 100)) / medianMs : STEEPEST_RISE;
    const gradient = Math.min(STEEPEST_RISE, Math.max(STEEPEST_FALL, ratio));
    const next = this.#limit * gradient + Math.sqrt(this.#limit);
    const risesUnused = next > this.#limit && this.#mostActive * 2 < this.#limit;
    if (!risesUnused) this.#limit = Math.min(maxConcurrency, Math.max(minConcurrency, next));
    this.#startWindow(now);
  }
}

/** Of at least one number; the lower one of the middle two. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}

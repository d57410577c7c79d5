// Requests of one service worth looking at, of the last quarter of an hour: the slowest, failed ones, and now and
// then any.

import type { RequestFacts } from '../../core/request-facts.ts';
import type { RequestSample } from './request-sample.ts';
import { requestSample } from './request-sample.ts';

const KEPT_MS = 15 * 60_000;

/** How many of each sort are shown. */
const SHOWN = 20;

/** The slowest are kept by stretches of time, so that others stand in for those that grow too old. */
const STRETCH_MS = 5 * 60_000;
const SLOWEST_OF_STRETCH = 10;

/** Of any requests, and of failed ones, one is kept in this time: a storm costs no more than a quiet day. */
const RECENT_EVERY_MS = 1_000;
const FAILED_EVERY_MS = 100;

interface Kept {
  readonly sample: RequestSample;
  readonly durationMs: number;
  /** Monotonic milliseconds. */
  readonly at: number;
}

export interface RequestSamples {
  /** Slowest first. */
  readonly slowest: readonly RequestSample[];
  /** Newest first. */
  readonly failed: readonly RequestSample[];
  /** Newest first. */
  readonly recent: readonly RequestSample[];
}

export const NO_SAMPLES: RequestSamples = { slowest: [], failed: [], recent: [] };

export class SampledRequests {
  /** Slowest first, of each stretch, newest stretch first. */
  #slowest: { readonly stretch: number; readonly kept: Kept[] }[] = [];
  readonly #failed: Kept[] = [];
  readonly #recent: Kept[] = [];

  record(facts: RequestFacts, failed: boolean, now: number): void {
    const slowest = facts.upgraded ? undefined : this.#slowestWith(facts.durationMs, now);
    const isFailure = failed && isDue(this.#failed, FAILED_EVERY_MS, now);
    const isRecent = isDue(this.#recent, RECENT_EVERY_MS, now);
    if (slowest === undefined && !isFailure && !isRecent) return;
    const kept = { sample: requestSample(facts), durationMs: facts.durationMs, at: now };
    if (slowest !== undefined) insert(slowest, kept);
    if (isFailure) append(this.#failed, kept);
    if (isRecent) append(this.#recent, kept);
  }

  samples(now: number): RequestSamples {
    const shown = (list: readonly Kept[]) =>
      list
        .filter(({ at }) => now - at <= KEPT_MS)
        .slice(0, SHOWN)
        .map(({ sample }) => sample);
    return {
      slowest: shown(
        this.#slowest.flatMap(({ kept }) => kept).toSorted((a, b) => b.durationMs - a.durationMs),
      ),
      failed: shown(this.#failed.toReversed()),
      recent: shown(this.#recent.toReversed()),
    };
  }

  /** The slowest of this stretch, if such a one belongs to them. */
  #slowestWith(durationMs: number, now: number): Kept[] | undefined {
    const stretch = Math.floor(now / STRETCH_MS);
    let current = this.#slowest[0];
    if (current === undefined || current.stretch !== stretch) {
      current = { stretch, kept: [] };
      const oldest = stretch - KEPT_MS / STRETCH_MS;
      this.#slowest = [current, ...this.#slowest.filter((past) => past.stretch >= oldest)];
    }
    const { kept } = current;
    const last = kept[SLOWEST_OF_STRETCH - 1];
    return last === undefined || durationMs > last.durationMs ? kept : undefined;
  }
}

function isDue(list: readonly Kept[], everyMs: number, now: number): boolean {
  const last = list.at(-1);
  return last === undefined || now - last.at >= everyMs;
}

function append(list: Kept[], kept: Kept): void {
  list.push(kept);
  if (list.length > SHOWN) list.shift();
}

function insert(slowest: Kept[], kept: Kept): void {
  const index = slowest.findIndex(({ durationMs }) => durationMs < kept.durationMs);
  slowest.splice(index === -1 ? slowest.length : index, 0, kept);
  if (slowest.length > SLOWEST_OF_STRETCH) slowest.pop();
}

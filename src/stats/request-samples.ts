// Requests worth looking at, of the last quarter of an hour: the slowest, the failed, and now and then any.

import type { RequestFacts } from '../core/observer.ts';
import type { RequestSample } from './request-sample.ts';
import { requestSample } from './request-sample.ts';

const KEPT_MS = 15 * 60_000;
const KEPT = 20;

/** Of any requests, and of failed ones, one is kept in this time: a storm costs no more than a quiet day. */
const RECENT_EVERY_MS = 1_000;
const FAILED_EVERY_MS = 50;

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

export class SampledRequests {
  /** Slowest first. */
  #slowest: Kept[] = [];
  #failed: Kept[] = [];
  #recent: Kept[] = [];

  record(facts: RequestFacts, failed: boolean, now: number): void {
    const isSlow = !facts.upgraded && this.#isAmongSlowest(facts.durationMs, now);
    const isFailure = failed && isDue(this.#failed, FAILED_EVERY_MS, now);
    const isRecent = isDue(this.#recent, RECENT_EVERY_MS, now);
    if (!isSlow && !isFailure && !isRecent) return;
    const kept = { sample: requestSample(facts), durationMs: facts.durationMs, at: now };
    if (isSlow) {
      this.#slowest = [...this.#slowest, kept].sort((a, b) => b.durationMs - a.durationMs).slice(0, KEPT);
    }
    if (isFailure) keep(this.#failed, kept);
    if (isRecent) keep(this.#recent, kept);
  }

  samples(now: number): RequestSamples {
    const current = (list: readonly Kept[]) => list.filter(({ at }) => now - at <= KEPT_MS);
    const shown = (list: readonly Kept[]) => list.map(({ sample }) => sample);
    return {
      slowest: shown(current(this.#slowest)),
      failed: shown(current(this.#failed).reverse()),
      recent: shown(current(this.#recent).reverse()),
    };
  }

  #isAmongSlowest(durationMs: number, now: number): boolean {
    const last = this.#slowest.at(-1);
    if (this.#slowest.length < KEPT || last === undefined || durationMs > last.durationMs) return true;
    if (!this.#slowest.some(({ at }) => now - at > KEPT_MS)) return false;
    this.#slowest = this.#slowest.filter(({ at }) => now - at <= KEPT_MS);
    return true;
  }
}

function isDue(list: readonly Kept[], everyMs: number, now: number): boolean {
  const last = list.at(-1);
  return last === undefined || now - last.at >= everyMs;
}

function keep(list: Kept[], kept: Kept): void {
  list.push(kept);
  if (list.length > KEPT) list.shift();
}

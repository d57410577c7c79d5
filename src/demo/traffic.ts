// A steady stream of calls, with the figures of how they went.

import { messageOf } from '../core/errors.ts';
import { systemClock } from '../core/system-clock.ts';
import { pause } from './wait.ts';

const INTERVAL_MS = 10;
const MAX_KEPT_FAILURES = 5;

export interface TrafficReport {
  readonly calls: number;
  readonly failed: number;
  /** The first few failures, for people. */
  readonly failures: readonly string[];
  /** How many calls each instance answered. */
  readonly byInstance: ReadonlyMap<string, number>;
  readonly slowestMs: number;
}

/** Calls `url` every 10 ms, without waiting for the answers, until it is stopped. */
export class Traffic {
  readonly #url: string;
  readonly #open = new Set<Promise<void>>();
  readonly #byInstance = new Map<string, number>();
  readonly #failures: string[] = [];
  readonly #loop: Promise<void>;
  #calls = 0;
  #failed = 0;
  #slowestMs = 0;
  #stopping = false;

  constructor(url: string) {
    this.#url = url;
    this.#loop = this.#run();
  }

  get calls(): number {
    return this.#calls;
  }

  /** Ends the stream, waits for the answers still to come, and reports. */
  async stop(): Promise<TrafficReport> {
    this.#stopping = true;
    await this.#loop;
    await Promise.all(this.#open);
    return {
      calls: this.#calls,
      failed: this.#failed,
      failures: this.#failures,
      byInstance: this.#byInstance,
      slowestMs: Math.round(this.#slowestMs),
    };
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const call = this.#call().finally(() => this.#open.delete(call));
      this.#open.add(call);
      await pause(INTERVAL_MS);
    }
  }

  async #call(): Promise<void> {
    const start = systemClock.now();
    this.#calls++;
    try {
      const instance = await callInstance(this.#url);
      this.#byInstance.set(instance, (this.#byInstance.get(instance) ?? 0) + 1);
    } catch (error) {
      this.#failed++;
      if (this.#failures.length < MAX_KEPT_FAILURES) this.#failures.push(messageOf(error));
    }
    this.#slowestMs = Math.max(this.#slowestMs, systemClock.now() - start);
  }
}

/**
 * Which instance of a sample service answered.
 * @throws when the answer is no success
 */
export async function callInstance(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 300)}`);
  const body: unknown = JSON.parse(text);
  if (typeof body !== 'object' || body === null || !('instance' in body)) {
    throw new Error('not the answer of a sample service');
  }
  return String(body.instance);
}

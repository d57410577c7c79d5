// What the process says of itself.

import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the event loop's lag is looked at, in milliseconds. */
const RESOLUTION_MS = 20;

const NANOSECONDS_PER_MS = 1e6;

export interface ProcessHealth {
  readonly rssBytes: number;
  readonly eventLoopLagMs: number | null;
}

export class ProcessProbe {
  #delays: ReturnType<typeof monitorEventLoopDelay> | undefined;

  /** Begins to measure when it is first asked: who never looks pays nothing. */
  read(): ProcessHealth {
    const rssBytes = process.memoryUsage.rss();
    if (this.#delays === undefined) {
      this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
      this.#delays.enable();
      return { rssBytes, eventLoopLagMs: null };
    }
    const { count } = this.#delays;
    // What it measures is the interval itself, of which the lag is what goes beyond.
    const lag = this.#delays.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS;
    this.#delays.reset();
    return { rssBytes, eventLoopLagMs: count === 0 ? null : Math.max(0, Math.round(lag * 10) / 10) };
  }

  close(): void {
    this.#delays?.disable();
  }
}

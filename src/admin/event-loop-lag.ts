// How late the event loop is, measured only while it is asked for: it wakes the process up again and again.

import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often it is looked at, in milliseconds. */
const RESOLUTION_MS = 20;

const NANOSECONDS_PER_MS = 1e6;

export class EventLoopLag {
  #delays: ReturnType<typeof monitorEventLoopDelay> | undefined;

  start(): void {
    if (this.#delays !== undefined) return;
    this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#delays.enable();
  }

  stop(): void {
    this.#delays?.disable();
    this.#delays = undefined;
  }

  /** The 99th percentile since it was last read; null when nothing was measured. */
  readMs(): number | null {
    if (this.#delays === undefined || this.#delays.count === 0) return null;
    // What is measured is the interval itself, of which the lag is what goes beyond.
    const lag = this.#delays.percentile(99) / NANOSECONDS_PER_MS - RESOLUTION_MS;
    this.#delays.reset();
    return Math.max(0, Math.round(lag * 10) / 10);
  }
}

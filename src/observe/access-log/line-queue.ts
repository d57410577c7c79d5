// Lines on their way to a sink that may be slow: handed over in batches, a bounded number waiting, and counted
// when they had to be given up. The caller never waits.

import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type { LineSink } from '../../core/line-sink.ts';
import { secrets } from '../../core/secrets.ts';

export interface LineQueueOptions {
  readonly sink: LineSink;
  readonly clock: Clock;
}

/** How long lines are gathered before they are written, in milliseconds. */
const FLUSH_INTERVAL_MS = 50;

const MAX_WAITING_LINES = 10_000;

/** In UTF-16 code units, which are bytes but for what is not ASCII. */
const MAX_WAITING_SIZE = 8 * 1024 * 1024;

export class LineQueue {
  readonly #options: LineQueueOptions;
  #waiting: string[] = [];
  #size = 0;
  #dropped = 0;
  #timer: ScheduledTask | undefined;
  #sinkIsFull = false;
  #closed = false;

  constructor(options: LineQueueOptions) {
    this.#options = options;
  }

  /** Lines given up so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether a line would be given up: asked before a line is made for nothing. */
  get full(): boolean {
    return this.#closed || this.#waiting.length >= MAX_WAITING_LINES || this.#size >= MAX_WAITING_SIZE;
  }

  push(line: string): void {
    if (this.full) {
      this.drop();
      return;
    }
    this.#waiting.push(line);
    this.#size += line.length;
    if (this.#timer === undefined && !this.#sinkIsFull) {
      this.#timer = this.#options.clock.schedule(FLUSH_INTERVAL_MS, () => {
        this.#timer = undefined;
        this.#flush();
      });
    }
  }

  /** Counts a line that was not made. */
  drop(): void {
    this.#dropped++;
    this.#options.sink.missed(1);
  }

  /** Hands what waits to the sink, ready or not, and takes no more. The sink stays open. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#flush();
  }

  #flush(): void {
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting.join('');
    this.#waiting = [];
    this.#size = 0;
    if (this.#options.sink.write(secrets.redactStructured(lines))) return;
    this.#sinkIsFull = true;
    this.#options.sink.once('drain', () => {
      this.#sinkIsFull = false;
      if (!this.#closed) this.#flush();
    });
  }
}

// The stream of what happens, and whether it still flows. A hidden page lets go of it: a browser has few connections.

import type { Overview, TimelineEntry } from './wire.ts';

/** Longer without a word from the stream than this, and what is shown is no longer true. */
const SILENT_MS = 5_000;

const RETRY_MS = 1_000;

export interface LiveListener {
  overview(overview: Overview): void;
  timeline(entry: TimelineEntry): void;
  /** The stream broke, or came back. */
  changed(): void;
}

export class LiveStream {
  readonly #listener: LiveListener;
  #source: EventSource | undefined;
  #lastHeard = 0;
  #wasLost = false;

  constructor(listener: LiveListener) {
    this.#listener = listener;
  }

  start(): void {
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) {
        this.#close();
      } else if (this.#source === undefined) {
        this.#heard();
        this.#open();
      }
    });
    setInterval(() => this.#watch(), 500);
    this.#heard();
    this.#open();
  }

  /** Since when nothing came, in milliseconds; undefined while all is well. */
  get silentForMs(): number | undefined {
    const silent = performance.now() - this.#lastHeard;
    const broken = this.#source?.readyState !== EventSource.OPEN;
    return silent > SILENT_MS || (broken && silent > RETRY_MS) ? silent : undefined;
  }

  #open(): void {
    const source = new EventSource('/api/events');
    this.#source = source;
    source.addEventListener('overview', ({ data }: MessageEvent<string>) => {
      this.#heard();
      this.#listener.overview(JSON.parse(data));
    });
    source.addEventListener('timeline', ({ data }: MessageEvent<string>) => {
      this.#heard();
      this.#listener.timeline(JSON.parse(data));
    });
    source.addEventListener('error', () => {
      // A refusal ends an EventSource for good; a broken connection it mends by itself, at its leisure.
      this.#close();
      setTimeout(() => {
        if (this.#source === undefined && !document.hidden) this.#open();
      }, RETRY_MS);
    });
  }

  #close(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  #heard(): void {
    this.#lastHeard = performance.now();
  }

  #watch(): void {
    const lost = this.silentForMs !== undefined;
    if (lost || this.#wasLost) this.#listener.changed();
    this.#wasLost = lost;
  }
}

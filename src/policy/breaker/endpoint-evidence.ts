// What the endpoints of a service did lately, each by itself: the witness against opening a circuit for the fault of
// a few.

import { OutcomeWindow } from './outcome-window.ts';

/** How one attempt went, as far as it says something of its endpoint. */
export interface AttemptOutcome {
  readonly endpointId: string;
  readonly failed: boolean;
  readonly slow: boolean;
}

export interface EndpointRecord {
  readonly window: OutcomeWindow;
  /** 0 after a good one. */
  failuresInRow: number;
}

export class EndpointEvidence {
  readonly #windowMs: number;
  readonly #records = new Map<string, EndpointRecord>();
  #sweepAt: number;

  constructor(windowMs: number, now: number) {
    this.#windowMs = windowMs;
    this.#sweepAt = now + windowMs;
  }

  record({ endpointId, failed, slow }: AttemptOutcome, now: number): void {
    if (now >= this.#sweepAt) this.#sweep(now);
    let record = this.#records.get(endpointId);
    if (record === undefined) {
      record = { window: new OutcomeWindow(this.#windowMs, now), failuresInRow: 0 };
      this.#records.set(endpointId, record);
    }
    record.window.record(failed, slow, now);
    record.failuresInRow = failed ? record.failuresInRow + 1 : 0;
  }

  /** What is known of it within the window; undefined when that is nothing. */
  of(endpointId: string, now: number): EndpointRecord | undefined {
    const record = this.#records.get(endpointId);
    record?.window.age(now);
    return record === undefined || record.window.calls === 0 ? undefined : record;
  }

  /** Endpoints come and go; the records of those that are gone must not stay. */
  #sweep(now: number): void {
    this.#sweepAt = now + this.#windowMs;
    for (const [id, { window }] of this.#records) {
      window.age(now);
      if (window.calls === 0) this.#records.delete(id);
    }
  }
}

// A bounded number of calls under way and a bounded queue behind them. It counts and never waits itself.

/** A call in the queue. */
export interface Waiter {
  /** Its turn has come: it holds a slot from now on. */
  readonly admitted: () => void;
}

export class Bulkhead {
  readonly #queueLimit: number;
  readonly #queue = new Set<Waiter>();
  #limit: number;
  #active = 0;

  /**
   * @param limit calls under way, at least 1
   * @param queueLimit calls that wait, 0 for none
   */
  constructor(limit: number, queueLimit: number) {
    this.#limit = limit;
    this.#queueLimit = queueLimit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** Takes effect at once: a higher limit admits who waits, a lower one lets those under way finish. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#admitWaiting();
  }

  get active(): number {
    return this.#active;
  }

  get queued(): number {
    return this.#queue.size;
  }

  get queueLimit(): number {
    return this.#queueLimit;
  }

  /** Takes a slot, if one is free and no call waits for it. */
  tryEnter(): boolean {
    if (this.#active >= this.#limit || this.#queue.size > 0) return false;
    this.#active++;
    return true;
  }

  /** Takes a slot beyond the limit: a dry run counts what it lets through. */
  enterBeyond(): void {
    this.#active++;
  }

  /** Whether one more may wait. Calls beyond the limit stand where the queue would. */
  get hasRoom(): boolean {
    return Math.max(0, this.#active - this.#limit) + this.#queue.size < this.#queueLimit;
  }

  /** First come, first served. */
  wait(waiter: Waiter): void {
    this.#queue.add(waiter);
  }

  /** Gives the place in the queue up at once. */
  forget(waiter: Waiter): void {
    this.#queue.delete(waiter);
  }

  leave(): void {
    this.#active--;
    this.#admitWaiting();
  }

  #admitWaiting(): void {
    for (const waiter of this.#queue) {
      if (this.#active >= this.#limit) return;
      this.#queue.delete(waiter);
      this.#active++;
      waiter.admitted();
    }
  }
}

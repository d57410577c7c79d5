// Attempts that wait for a connection, first come, first served. Who leaves takes the links along: one that is gone but
// points to those behind it would make the garbage collector keep them all.

/** A place in one line. */
export interface Waiter<T> {
  ahead: T | undefined;
  behind: T | undefined;
}

export class WaitingLine<T extends Waiter<T>> {
  #first: T | undefined;
  #last: T | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Who waits longest. */
  get first(): T | undefined {
    return this.#first;
  }

  join(waiter: T): void {
    waiter.ahead = this.#last;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.behind = waiter;
    this.#last = waiter;
    this.#size++;
  }

  /** @param waiter must be in this line */
  leave(waiter: T): void {
    const { ahead, behind } = waiter;
    if (ahead === undefined) this.#first = behind;
    else ahead.behind = behind;
    if (behind === undefined) this.#last = ahead;
    else behind.ahead = ahead;
    waiter.ahead = undefined;
    waiter.behind = undefined;
    this.#size--;
  }

  /** Takes the first out of the line. */
  next(): T | undefined {
    const first = this.#first;
    if (first !== undefined) this.leave(first);
    return first;
  }
}

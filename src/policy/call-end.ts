// What is let go when a call is over: with the last byte of its response, or when it has ended otherwise.

export class CallEnd {
  #over = false;
  #listeners: (() => void)[] = [];

  /** Called once at the end; at once when that was before. */
  on(listener: () => void): void {
    if (this.#over) listener();
    else this.#listeners.push(listener);
  }

  /** The call is over. Again, nothing. */
  finish(): void {
    if (this.#over) return;
    this.#over = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener();
  }
}

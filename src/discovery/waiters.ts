// Those who wait for something to happen, each until a signal of its own: one that stops waiting leaves no trace.

export class Waiters {
  readonly #waiting = new Set<() => void>();

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Resolves at the next `wake`, or when `signal` aborts. */
  wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        this.#waiting.delete(finish);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      this.#waiting.add(finish);
      signal.addEventListener('abort', finish, { once: true });
    });
  }

  wake(): void {
    for (const finish of [...this.#waiting]) finish();
  }
}

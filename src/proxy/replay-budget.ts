// The memory that request bodies kept for a retry may take, over all requests together.

export class ReplayBudget {
  #capacity: number;
  #used = 0;

  /** @param capacity in bytes */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** What is taken already stays taken. @param capacity in bytes */
  resize(capacity: number): void {
    this.#capacity = capacity;
  }

  /** Bytes in use. */
  get used(): number {
    return this.#used;
  }

  /** False when there is no room; then nothing was taken. */
  tryTake(bytes: number): boolean {
    if (this.#used + bytes > this.#capacity) return false;
    this.#used += bytes;
    return true;
  }

  /** Takes what must be held, whether or not there is room. */
  take(bytes: number): void {
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}

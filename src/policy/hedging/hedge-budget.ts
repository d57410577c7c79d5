// How many hedges a service can afford: a share of its calls and nothing beside it, so that a quiet or new service
// gets none for free.

/** So many hedges may be saved up: what a quiet time leaves for the next slow spell. */
const CAPACITY = 10;

export class HedgeBudget {
  readonly #share: number;
  #tokens = 0;

  /** @param maxExtraPercent hedges per hundred calls */
  constructor(maxExtraPercent: number) {
    this.#share = maxExtraPercent / 100;
  }

  /** A call began. */
  deposit(): void {
    this.#tokens = Math.min(CAPACITY, this.#tokens + this.#share);
  }

  /** Whether there is one. Sums of shares are a little below what they should be. */
  get affordable(): boolean {
    return this.#tokens >= 1 - 1e-9;
  }

  /** Takes one: ask `affordable` before. */
  withdraw(): void {
    this.#tokens = Math.max(0, this.#tokens - 1);
  }
}

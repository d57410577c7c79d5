/** How many retries of a service are under way, within a fixed limit (Envoy's max_retries). */
export class RetriesInFlight {
  readonly #limit: number;
  #active = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get active(): number {
    return this.#active;
  }

  tryAcquire(): boolean {
    if (this.#active >= this.#limit) return false;
    this.#active++;
    return true;
  }

  /** Once for each that was acquired. */
  release(): void {
    this.#active--;
  }
}

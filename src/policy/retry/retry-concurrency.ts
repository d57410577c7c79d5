// How many retries may be under way at once: a share of the requests under way, and a few in any case. It stops a
// storm at once, where the retry budget stops a lasting one.

/** So many retries may be under way however few requests are (Envoy's min_retry_concurrency). */
const MINIMUM = 3;

export class RetryConcurrency {
  readonly #ratio: number;
  readonly #active: () => number;
  #underWay = 0;

  /**
   * @param ratio of the requests under way
   * @param active how many there are
   */
  constructor(ratio: number, active: () => number) {
    this.#ratio = ratio;
    this.#active = active;
  }

  /** A retry counts from its decision, the wait before it included, to its outcome. */
  tryBegin(): boolean {
    if (this.#underWay >= Math.max(MINIMUM, this.#ratio * this.#active())) return false;
    this.#underWay++;
    return true;
  }

  end(): void {
    this.#underWay--;
  }

  get underWay(): number {
    return this.#underWay;
  }
}

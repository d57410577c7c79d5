// How many retries a service can afford: a share of its requests, plus a floor so that quiet services may retry.

/**
 * A token bucket after Finagle's RetryBudget. Each request deposits `ratio` of a retry, each retry withdraws one,
 * deposits expire after ten seconds, and `minPerSecond` retries are there without any deposit. Over any stretch of
 * time retries stay within `ratio * requests + minPerSecond * (seconds + 10)`.
 */
export class RetryBudget {
  readonly #ratio: number;
  readonly #minPerSecond: number;
  /** Retries that recent requests have paid for, by second. */
  readonly #deposits = new Float64Array(WINDOW_SECONDS);
  #deposited = 0;
  #reserve: number;
  #second: number;
  #refilledAt: number;

  /**
   * @param ratio retries per request, 0 or more
   * @param minPerSecond retries per second that need no requests, 0 or more
   * @param now monotonic milliseconds
   */
  constructor(ratio: number, minPerSecond: number, now: number) {
    this.#ratio = ratio;
    this.#minPerSecond = minPerSecond;
    this.#reserve = minPerSecond * WINDOW_SECONDS;
    this.#second = Math.floor(now / 1000);
    this.#refilledAt = now;
  }

  /** A request began. */
  deposit(now: number): void {
    this.#age(now);
    this.#deposits[this.#second % WINDOW_SECONDS] = this.#at(this.#second) + this.#ratio;
    this.#deposited += this.#ratio;
  }

  /** Takes one retry; false when the budget is spent. */
  tryWithdraw(now: number): boolean {
    this.#age(now);
    if (this.#deposited >= 1) {
      this.#takeOldest(1);
      return true;
    }
    if (this.#reserve >= 1) {
      this.#reserve -= 1;
      return true;
    }
    return false;
  }

  /** Retries left now. */
  available(now: number): number {
    this.#age(now);
    return Math.floor(this.#deposited) + Math.floor(this.#reserve);
  }

  #at(second: number): number {
    return this.#deposits[second % WINDOW_SECONDS] ?? 0;
  }

  #age(now: number): void {
    const refill = ((now - this.#refilledAt) / 1000) * this.#minPerSecond;
    this.#reserve = Math.min(this.#minPerSecond * WINDOW_SECONDS, this.#reserve + refill);
    this.#refilledAt = now;
    const second = Math.floor(now / 1000);
    for (let at = Math.max(this.#second + 1, second - WINDOW_SECONDS + 1); at <= second; at++) {
      this.#deposited -= this.#at(at);
      this.#deposits[at % WINDOW_SECONDS] = 0;
    }
    if (this.#deposited < 1e-9) this.#deposited = 0;
    this.#second = second;
  }

  #takeOldest(amount: number): void {
    let left = amount;
    for (let at = this.#second - WINDOW_SECONDS + 1; at <= this.#second && left > 0; at++) {
      const index = ((at % WINDOW_SECONDS) + WINDOW_SECONDS) % WINDOW_SECONDS;
      const taken = Math.min(left, this.#deposits[index] ?? 0);
      this.#deposits[index] = (this.#deposits[index] ?? 0) - taken;
      left -= taken;
    }
    this.#deposited -= amount;
  }
}

/** How long a deposit counts, and how many seconds' worth the floor may save up (Finagle's default ttl). */
const WINDOW_SECONDS = 10;

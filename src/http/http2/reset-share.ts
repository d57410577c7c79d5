// Clients that open streams only to reset them (CVE-2023-44487). A rate of resets would hit the ones that hedge or whose
// deadlines pass under load, so that their share of all streams decides, as in Envoy
// (overload.premature_reset_total_stream_count). Pure.

/** Fewer resets than these say nothing. */
const LEAST_RESETS = 500;

/** So many streams are remembered at most. */
const MEMORY = 2_000;

export class ResetShare {
  #streams = 0;
  #resets = 0;

  /**
   * A stream has ended.
   * @param early its client reset it before its response began
   * @returns false when more than half of many streams were reset so
   */
  admits(early: boolean): boolean {
    this.#streams++;
    if (early) this.#resets++;
    const isFlood = this.#resets >= LEAST_RESETS && this.#resets * 2 > this.#streams;
    if (this.#streams >= MEMORY) {
      this.#streams /= 2;
      this.#resets /= 2;
    }
    return !isFlood;
  }
}

const MS_OF_A_SECOND = 1_000;

/** Times of day as text. The text of a second is kept: lines come in the order of time, or nearly so. */
export class TimeText {
  #second = Number.NaN;
  #text = '';

  /**
   * ISO 8601 in UTC, with milliseconds.
   * @param wallTime milliseconds since the Unix epoch
   */
  of(wallTime: number): string {
    const second = Math.floor(wallTime / MS_OF_A_SECOND);
    if (second !== this.#second) {
      this.#text = new Date(second * MS_OF_A_SECOND).toISOString().slice(0, -'000Z'.length);
      this.#second = second;
    }
    const ms = Math.floor(wallTime - second * MS_OF_A_SECOND);
    return `${this.#text}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
  }
}

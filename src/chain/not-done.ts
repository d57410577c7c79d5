// What an entry asks for and is not done, named once each.

/** More are counted, not named. */
const MOST = 20;

export class NotDone {
  readonly #sentences = new Set<string>();
  #more = 0;

  add(sentence: string): void {
    if (this.#sentences.has(sentence)) return;
    if (this.#sentences.size < MOST) this.#sentences.add(sentence);
    else this.#more++;
  }

  /** @param kind such as `service-router` */
  keys(kind: string, keys: readonly string[]): void {
    for (const key of keys) this.add(`${kind}: ${key} has no effect here`);
  }

  get sentences(): readonly string[] {
    return this.#more === 0 ? [...this.#sentences] : [...this.#sentences, `and ${this.#more} more`];
  }
}

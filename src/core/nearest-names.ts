// What may have been meant by names that callers get wrong, however many do and however many names there are: a guess
// costs other requests nothing, and is left out where it would.

import type { Clock } from './clock.ts';
import { LONGEST_WRITTEN, searchNearest } from './nearest.ts';

/** How many guesses are kept. */
const KEPT = 256;

/** Names that are compared in one turn of the event loop: well below a millisecond, compiled or not. */
const PIECE = 200;

/** Searches that are made at once, and how soon the next one may be, in milliseconds. */
const BURST = 20;
const INTERVAL_MS = 50;

/** Among more names than these a search counts for several. */
const NAMES_OF_A_SEARCH = 1_000;

export class NearestNames {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #nextTurn: () => Promise<void>;
  #lists: readonly (readonly string[])[] = [];
  /** From the least to the most recently used; undefined where nothing is near. */
  readonly #guesses = new Map<string, string | undefined>();
  /** Counts the lists. */
  #generation = 0;
  #tokens = BURST;
  #refilledAt = 0;
  /** Searches take turns: a piece of each of twenty in one turn of the event loop would be a long one. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param nextTurn resolves in another turn of the event loop */
  constructor(clock: Pick<Clock, 'now'>, nextTurn: () => Promise<void>) {
    this.#clock = clock;
    this.#nextTurn = nextTurn;
  }

  /** How many guesses are kept now. */
  get kept(): number {
    return this.#guesses.size;
  }

  /**
   * The name nearest to what was written; undefined when none is near, or when too many are looked for.
   * @param lists all known names; a list that changes is another array
   */
  async find(written: string, lists: readonly (readonly string[])[]): Promise<string | undefined> {
    if (written.length > LONGEST_WRITTEN) return undefined;
    if (lists.length !== this.#lists.length || lists.some((list, i) => list !== this.#lists[i])) {
      this.#lists = lists;
      this.#generation++;
      this.#guesses.clear();
    }
    if (this.#guesses.has(written)) return this.#keep(written, this.#guesses.get(written));
    if (!this.#mayTry(lists.reduce((sum, { length }) => sum + length, 0))) return undefined;
    const search = this.#last.then(() => this.#search(written));
    this.#last = search;
    return search;
  }

  async #search(written: string): Promise<string | undefined> {
    if (this.#guesses.has(written)) return this.#keep(written, this.#guesses.get(written));
    const generation = this.#generation;
    const search = searchNearest(written, each(this.#lists), PIECE);
    for (;;) {
      const step = search.next();
      if (step.done === true)
        return generation === this.#generation ? this.#keep(written, step.value) : step.value;
      await this.#nextTurn();
    }
  }

  #keep(written: string, guess: string | undefined): string | undefined {
    this.#guesses.delete(written);
    this.#guesses.set(written, guess);
    const [oldest] = this.#guesses.keys();
    if (this.#guesses.size > KEPT && oldest !== undefined) this.#guesses.delete(oldest);
    return guess;
  }

  #mayTry(names: number): boolean {
    const cost = Math.min(BURST, Math.max(1, names / NAMES_OF_A_SEARCH));
    const now = this.#clock.now();
    this.#tokens = Math.min(BURST, this.#tokens + (now - this.#refilledAt) / INTERVAL_MS);
    this.#refilledAt = now;
    if (this.#tokens < cost) return false;
    this.#tokens -= cost;
    return true;
  }
}

function* each(lists: readonly (readonly string[])[]): Generator<string> {
  for (const list of lists) yield* list;
}

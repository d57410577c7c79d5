// Long work in slices, between which the event loop goes on with requests. It is written as a generator that yields wherever
// it may be interrupted, so that what is little is done at once by the same code.

import { nextTurn } from './next-turn.ts';

/** Yields between two slices, and returns what the work came to. */
export type Sliced<T> = Generator<undefined, T, undefined>;

/** What is done for fewer of a kind is done at once. */
export const SLICED_FROM = 1_000;

/** Steps of a few tenths of a microsecond: a slice of them takes a fraction of a millisecond, and of dearer ones one or two. */
const STEPS = 500;

/** Counts the steps of some work: `yield` after one for which it says that the slice is full. */
export function sliceCounter(): () => boolean {
  let steps = 0;
  return () => ++steps % STEPS === 0;
}

/** Does all of it in this turn of the event loop. */
export function atOnce<T>(work: Sliced<T>): T {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/**
 * Does a slice of it in each turn of the event loop.
 * @param isWanted asked before each slice: whether to go on
 * @returns undefined when it was given up
 */
export async function inTurns<T>(work: Sliced<T>, isWanted: () => boolean): Promise<T | undefined> {
  while (isWanted()) {
    const { done, value } = work.next();
    if (done === true) return value;
    await nextTurn();
  }
  return undefined;
}

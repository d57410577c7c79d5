// Sorting in slices: thousands of texts take several milliseconds.

import type { Sliced } from './slices.ts';
import { sliceCounter } from './slices.ts';

const RUN = 256;

/** A sorted copy; what compares equal keeps its order. */
export function* sorted<T>(list: readonly T[], compare: (a: T, b: T) => number): Sliced<T[]> {
  let runs: T[][] = [];
  for (let from = 0; from < list.length; from += RUN) {
    runs.push(list.slice(from, from + RUN).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) {
      merged.push(yield* mergedRuns(runs[at] ?? [], runs[at + 1] ?? [], compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* mergedRuns<T>(
  first: readonly T[],
  second: readonly T[],
  compare: (a: T, b: T) => number,
): Sliced<T[]> {
  const isFull = sliceCounter();
  const merged: T[] = [];
  let at = 0;
  for (const next of second) {
    for (let before = first[at]; before !== undefined && compare(before, next) <= 0; before = first[at]) {
      merged.push(before);
      at++;
      if (isFull()) yield;
    }
    merged.push(next);
    if (isFull()) yield;
  }
  return at === first.length ? merged : merged.concat(first.slice(at));
}

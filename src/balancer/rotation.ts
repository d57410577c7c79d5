// Round robin over candidates of equal weight: a cursor, in constant time.

import type { Random } from '../core/random.ts';
import { randomBelow } from '../core/random.ts';
import type { CandidateList } from './candidate-list.ts';
import { candidateAt } from './candidate-list.ts';
import type { Candidate, PickContext, Picker } from './policy.ts';

/** How many candidates in slow start one pick may pass over. The one taken in spite of it waits longer later. */
const MAX_SKIPS = 16;

export class RotationPicker<C extends Candidate> implements Picker<C> {
  readonly #candidates: CandidateList<C>;
  /** How much of a turn each candidate has saved up: in slow start a round earns less than one. */
  readonly #turns: Float64Array;
  #next: number;

  /** @param nextId whose turn it is, or, when it is gone, the turn of the one after; undefined for a random start */
  constructor(candidates: CandidateList<C>, random: Random, nextId: string | undefined) {
    this.#candidates = candidates;
    this.#turns = Float64Array.from(candidates, random);
    this.#next = startIndex(candidates, random, nextId);
  }

  nextId(): string {
    return candidateAt(this.#candidates, this.#next).id;
  }

  pick(context: PickContext): C {
    for (let skips = 0; ; skips++) {
      const index = this.#next;
      const candidate = candidateAt(this.#candidates, index);
      this.#next = index + 1 === this.#candidates.length ? 0 : index + 1;
      const ramp = candidate.rampUp(context.now);
      if (ramp >= 1) return candidate;
      const turns = (this.#turns[index] ?? 0) + ramp;
      const taken = turns >= 1 || skips === MAX_SKIPS;
      this.#turns[index] = taken ? turns - 1 : turns;
      if (taken) return candidate;
    }
  }
}

/** @param candidates sorted by id */
export function startIndex(
  candidates: CandidateList<Candidate>,
  random: Random,
  nextId: string | undefined,
): number {
  if (nextId === undefined) return randomBelow(random, candidates.length);
  return Math.max(
    candidates.findIndex(({ id }) => id >= nextId),
    0,
  );
}

// Draws a candidate with a probability proportional to its weight, in constant time (Vose's alias method).

import type { Random } from '../core/random.ts';
import { randomBelow } from '../core/random.ts';
import type { CandidateList } from './candidate-list.ts';
import { candidateAt, haveEqualWeights } from './candidate-list.ts';
import type { Candidate } from './policy.ts';

/** Enough that even beside a tenth of the weight, the bound is reached in less than one of a hundred draws. */
const MAX_REDRAWS = 8;

interface AliasTable {
  /** The share of a column that belongs to its own candidate. */
  readonly own: Float64Array;
  /** The candidate that the rest of a column belongs to. */
  readonly alias: Uint32Array;
}

function buildAliasTable(candidates: CandidateList<Candidate>): AliasTable {
  const count = candidates.length;
  const total = candidates.reduce((sum, candidate) => sum + candidate.weight, 0);
  const own = Float64Array.from(candidates, (candidate) => (candidate.weight * count) / total);
  const alias = new Uint32Array(count);
  const small: number[] = [];
  const large: number[] = [];
  own.forEach((share, index) => {
    (share < 1 ? small : large).push(index);
  });
  for (let lower = small.pop(), upper = large.at(-1); lower !== undefined; lower = small.pop()) {
    if (upper === undefined) {
      own[lower] = 1; // what is missing to 1 here is rounding only
      continue;
    }
    alias[lower] = upper;
    const left = (own[upper] ?? 1) - (1 - (own[lower] ?? 1));
    own[upper] = left;
    if (left < 1) {
      large.pop();
      small.push(upper);
      upper = large.at(-1);
    }
  }
  for (const index of large) own[index] = 1;
  return { own, alias };
}

export class WeightedDraw<C extends Candidate> {
  /** Undefined when all weights are equal. */
  readonly #table: AliasTable | undefined;
  readonly #candidates: CandidateList<C>;
  readonly #random: Random;

  constructor(candidates: CandidateList<C>, random: Random) {
    this.#candidates = candidates;
    this.#random = random;
    this.#table = haveEqualWeights(candidates) ? undefined : buildAliasTable(candidates);
  }

  /** The index of a candidate, by weight alone. */
  index(): number {
    const table = this.#table;
    if (table === undefined) return randomBelow(this.#random, this.#candidates.length);
    const point = this.#random() * this.#candidates.length;
    const column = Math.floor(point);
    return point - column < (table.own[column] ?? 1) ? column : (table.alias[column] ?? column);
  }

  /**
   * The index of a candidate by weight and slow start: a draw is kept as often as the candidate's ramp-up says
   * and repeated otherwise, a bounded number of times.
   */
  rampedIndex(now: number): number {
    for (let redraws = 0; ; redraws++) {
      const index = this.index();
      const ramp = candidateAt(this.#candidates, index).rampUp(now);
      if (ramp >= 1 || redraws === MAX_REDRAWS || this.#random() < ramp) return index;
    }
  }

  /** The index of another candidate than `index`; `index` itself when the one draw by weight fell on it. */
  otherIndex(index: number): number {
    if (this.#table !== undefined) return this.index();
    const other = randomBelow(this.#random, this.#candidates.length - 1);
    return other < index ? other : other + 1;
  }
}

// Maglev: a table of equal slots that the endpoints fill in turn, each by its own permutation (Eisenbud et al.,
// NSDI 2016). Picks in constant time and spreads keys more evenly than a ring, for a little more disruption.

import type { Random } from '../core/random.ts';
import type { CandidateList } from './candidate-list.ts';
import { candidateAt } from './candidate-list.ts';
import type { Candidate, LoadBalancingPolicy, PickContext, Picker } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';
import { viewOf, xxHash32Of } from './xxhash32.ts';

export interface MaglevOptions {
  /** A prime above the number of endpoints: with fewer slots some endpoints get none. */
  readonly tableSize: number;
}

const OFFSET_SEED = 0;
const SKIP_SEED = 1;
const FREE = -1;

/** The orders in which candidates ask for slots. With a prime table size each meets each slot once. */
class Permutations {
  readonly #size: number;
  readonly #slots: Uint32Array;
  readonly #skips: Uint32Array;

  constructor(candidates: CandidateList<Candidate>, size: number) {
    this.#size = size;
    this.#slots = new Uint32Array(candidates.length);
    this.#skips = new Uint32Array(candidates.length);
    candidates.forEach(({ id }, owner) => {
      const bytes = viewOf(id);
      this.#slots[owner] = xxHash32Of(bytes, OFFSET_SEED) % size;
      this.#skips[owner] = (xxHash32Of(bytes, SKIP_SEED) % (size - 1)) + 1;
    });
  }

  /** The first free slot in the order of this one. */
  nextFree(owner: number, table: Int32Array): number {
    const skip = this.#skips[owner] ?? 1;
    let next = this.#slots[owner] ?? 0;
    for (;;) {
      const slot = next;
      next = (slot + skip) % this.#size;
      if (table[slot] !== FREE) continue;
      this.#slots[owner] = next;
      return slot;
    }
  }
}

/** In every round the heaviest takes one slot and the others as often as their weight says. */
function buildTable(candidates: CandidateList<Candidate>, size: number): Int32Array {
  const table = new Int32Array(size).fill(FREE);
  const permutations = new Permutations(candidates, size);
  const weights = Float64Array.from(candidates, ({ weight }) => weight);
  /** The sum of turns due: it takes a slot whenever this falls behind the turns so far. */
  const turnsDue = new Float64Array(weights.length);
  const heaviest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  let filled = 0;
  for (let round = 1; ; round++) {
    for (let owner = 0; owner < weights.length; owner++) {
      const due = turnsDue[owner] ?? 0;
      if (round * (weights[owner] ?? 0) < due) continue;
      turnsDue[owner] = due + heaviest;
      table[permutations.nextFree(owner, table)] = owner;
      if (++filled === size) return table;
    }
  }
}

class MaglevPicker<C extends Candidate> implements Picker<C> {
  readonly #candidates: CandidateList<C>;
  readonly #draw: WeightedDraw<C>;
  readonly #table: Int32Array;

  constructor(candidates: CandidateList<C>, random: Random, options: MaglevOptions) {
    this.#candidates = candidates;
    this.#draw = new WeightedDraw(candidates, random);
    this.#table = buildTable(candidates, options.tableSize);
  }

  pick(context: PickContext): C {
    const { hash } = context;
    const index = hash === undefined ? this.#draw.index() : (this.#table[hash % this.#table.length] ?? 0);
    return candidateAt(this.#candidates, index);
  }
}

export function maglev(options: MaglevOptions): LoadBalancingPolicy {
  return { createPicker: (candidates, { random }) => new MaglevPicker(candidates, random, options) };
}

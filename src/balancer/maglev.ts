// Maglev: a table of equal slots that the endpoints fill in turn, each by its own permutation (Eisenbud et al.,
// NSDI 2016). Picks in constant time and spreads keys more evenly than a ring, for a little more disruption.

import type { Random } from '../core/random.ts';
import type { CandidateList } from './candidate-list.ts';
import { candidateAt } from './candidate-list.ts';
import type { Candidate, LoadBalancingPolicy, PickContext, Picker } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';
import { xxHash32 } from './xxhash32.ts';

export interface MaglevOptions {
  /** A prime above the number of endpoints: with fewer slots some endpoints get none. */
  readonly tableSize: number;
}

const OFFSET_SEED = 0;
const SKIP_SEED = 1;
const FREE = -1;

/** The order in which one candidate asks for slots. With a prime table size it meets each slot once. */
class Permutation {
  readonly weight: number;
  /** The sum of turns due: it takes a slot whenever this falls behind the turns so far. */
  turnsDue = 0;
  readonly #skip: number;
  readonly #size: number;
  #slot: number;

  constructor({ id, weight }: Candidate, size: number) {
    const bytes = Buffer.from(id);
    this.weight = weight;
    this.#size = size;
    this.#slot = xxHash32(bytes, OFFSET_SEED) % size;
    this.#skip = (xxHash32(bytes, SKIP_SEED) % (size - 1)) + 1;
  }

  next(): number {
    const slot = this.#slot;
    this.#slot = (slot + this.#skip) % this.#size;
    return slot;
  }
}

function nextFreeSlot(permutation: Permutation, table: Int32Array): number {
  for (;;) {
    const slot = permutation.next();
    if (table[slot] === FREE) return slot;
  }
}

/** In every round the heaviest takes one slot and the others as often as their weight says. */
function buildTable(candidates: CandidateList<Candidate>, size: number): Int32Array {
  const table = new Int32Array(size).fill(FREE);
  const permutations = candidates.map((candidate) => new Permutation(candidate, size));
  const heaviest = permutations.reduce((most, { weight }) => Math.max(most, weight), 0);
  let filled = 0;
  for (let round = 1; ; round++) {
    for (const [owner, permutation] of permutations.entries()) {
      if (round * permutation.weight < permutation.turnsDue) continue;
      permutation.turnsDue += heaviest;
      table[nextFreeSlot(permutation, table)] = owner;
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

// Ring hash (ketama): each endpoint stands at many points of a ring, and a request goes to the next point after its
// hash. Requests of one key meet one endpoint, and an endpoint that leaves hands on its own keys only.

import type { Random } from '../core/random.ts';
import type { CandidateList } from './candidate-list.ts';
import { candidateAt } from './candidate-list.ts';
import type { Candidate, LoadBalancingPolicy, PickContext, Picker } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';
import { xxHash32 } from './xxhash32.ts';

export interface RingHashOptions {
  /** Fewest points on a ring of two or more. */
  readonly minimumRingSize: number;
  /** Most points on a ring, however many endpoints stand on it (each keeps one at least). */
  readonly maximumRingSize: number;
}

/** A point and its owner share one float of 53 bits while they are sorted: 32 for the point, 21 for the owner. */
const OWNERS = 2 ** 21;

/**
 * Points for a weight of 1. It goes by the greatest weight and not by how many endpoints there are, so that one
 * more or less leaves the points of the others where they are; only at the bounds does the total count.
 */
function pointsPerWeight(candidates: CandidateList<Candidate>, options: RingHashOptions): number {
  let greatest = 0;
  let total = 0;
  for (const { weight } of candidates) {
    greatest = Math.max(greatest, weight);
    total += weight;
  }
  const { minimumRingSize, maximumRingSize } = options;
  const wanted = Math.max(minimumRingSize / (2 * greatest), minimumRingSize / total);
  return Math.min(wanted, maximumRingSize / total);
}

/** The points in order: each is `position * OWNERS + index of the owner`. */
function buildRing(candidates: CandidateList<Candidate>, options: RingHashOptions): Float64Array {
  const scale = pointsPerWeight(candidates, options);
  const counts = candidates.map(({ weight }) => Math.max(1, Math.round(weight * scale)));
  const ring = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
  let length = 0;
  candidates.forEach(({ id }, owner) => {
    const bytes = Buffer.from(id);
    const count = counts[owner] ?? 0;
    for (let point = 0; point < count; point++) ring[length++] = xxHash32(bytes, point) * OWNERS + owner;
  });
  return ring.sort();
}

class RingHashPicker<C extends Candidate> implements Picker<C> {
  readonly #candidates: CandidateList<C>;
  readonly #draw: WeightedDraw<C>;
  readonly #positions: Uint32Array;
  readonly #owners: Uint32Array;

  constructor(candidates: CandidateList<C>, random: Random, options: RingHashOptions) {
    this.#candidates = candidates;
    this.#draw = new WeightedDraw(candidates, random);
    const ring = buildRing(candidates, options);
    this.#positions = new Uint32Array(ring.length);
    this.#owners = new Uint32Array(ring.length);
    for (const [index, point] of ring.entries()) {
      this.#positions[index] = Math.floor(point / OWNERS);
      this.#owners[index] = point % OWNERS;
    }
  }

  pick(context: PickContext): C {
    const { hash } = context;
    if (hash === undefined) return candidateAt(this.#candidates, this.#draw.index());
    const point = this.#firstAtOrAfter(hash);
    return candidateAt(this.#candidates, this.#owners[point] ?? 0);
  }

  #firstAtOrAfter(hash: number): number {
    let low = 0;
    let high = this.#positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#positions[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return low === this.#positions.length ? 0 : low;
  }
}

export function ringHash(options: RingHashOptions): LoadBalancingPolicy {
  return { createPicker: (candidates, { random }) => new RingHashPicker(candidates, random, options) };
}

// Ring hash (ketama): each endpoint stands at many points of a ring, and a request goes to the next point after its
// hash. Requests of one key meet one endpoint, and an endpoint that leaves hands on its own keys only.

import type { CandidateList } from './candidate-list.ts';
import { candidateAt } from './candidate-list.ts';
import type { HashRing, Standing } from './hash-ring.ts';
import { hashRing } from './hash-ring.ts';
import type { Candidate, LoadBalancingPolicy, PickContext, Picker, PickerOptions } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';

export interface RingHashOptions {
  /** Fewest points on a ring of two or more. */
  readonly minimumRingSize: number;
  /** Most points on a ring, however many endpoints stand on it (each keeps one at least). */
  readonly maximumRingSize: number;
}

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

/** Who stands at how many points. */
function standingOf(candidates: CandidateList<Candidate>, options: RingHashOptions): readonly Standing[] {
  const scale = pointsPerWeight(candidates, options);
  return candidates.map(({ id, weight }) => ({ id, points: Math.max(1, Math.round(weight * scale)) }));
}

class RingHashPicker<C extends Candidate> implements Picker<C> {
  readonly ring: HashRing;
  readonly #candidates: CandidateList<C>;
  readonly #draw: WeightedDraw<C>;

  constructor(
    candidates: CandidateList<C>,
    { random, previous }: PickerOptions<C>,
    options: RingHashOptions,
  ) {
    this.#candidates = candidates;
    this.#draw = new WeightedDraw(candidates, random);
    const before = previous instanceof RingHashPicker ? previous.ring : undefined;
    this.ring = hashRing(standingOf(candidates, options), before);
  }

  pick(context: PickContext): C {
    const { hash } = context;
    if (hash === undefined) return candidateAt(this.#candidates, this.#draw.index());
    const point = this.#firstAtOrAfter(hash);
    return candidateAt(this.#candidates, this.ring.owners[point] ?? 0);
  }

  #firstAtOrAfter(hash: number): number {
    const { positions } = this.ring;
    let low = 0;
    let high = positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((positions[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return low === positions.length ? 0 : low;
  }
}

export function ringHash(options: RingHashOptions): LoadBalancingPolicy {
  return {
    createPicker: (candidates, pickerOptions) => new RingHashPicker(candidates, pickerOptions, options),
  };
}

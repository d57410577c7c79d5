// Random: by weight and slow start, whatever the load.

import type { Random } from '../core/random.ts';
import type { CandidateList } from './candidate-list.ts';
import { candidateAt } from './candidate-list.ts';
import type { Candidate, LoadBalancingPolicy, PickContext, Picker } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';

class RandomPicker<C extends Candidate> implements Picker<C> {
  readonly #candidates: CandidateList<C>;
  readonly #draw: WeightedDraw<C>;

  constructor(candidates: CandidateList<C>, random: Random) {
    this.#candidates = candidates;
    this.#draw = new WeightedDraw(candidates, random);
  }

  pick(context: PickContext): C {
    return candidateAt(this.#candidates, this.#draw.rampedIndex(context.now));
  }
}

export const random: LoadBalancingPolicy = {
  createPicker: (candidates, options) => new RandomPicker(candidates, options.random),
};

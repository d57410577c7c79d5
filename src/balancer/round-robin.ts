// Round robin: every candidate in turn, as often as its weight and slow start say, smoothly spread.

import type { Random } from '../core/random.ts';
import type { CandidateList } from './candidate-list.ts';
import { haveEqualWeights } from './candidate-list.ts';
import { EarliestDeadlinePicker, waitsAfter, waitsInOrder } from './earliest-deadline.ts';
import type { Candidate, LoadBalancingPolicy, Picker } from './policy.ts';
import { RotationPicker } from './rotation.ts';

/** It starts at a random place, so that many ambassadors do not march in step. */
export const roundRobin: LoadBalancingPolicy = {
  createPicker(candidates, { random, previous }) {
    if (haveEqualWeights(candidates)) return new RotationPicker(candidates, random, nextIdOf(previous));
    return new EarliestDeadlinePicker(candidates, waitsFor(candidates, random, previous));
  },
};

function waitsFor<C extends Candidate>(
  candidates: CandidateList<C>,
  random: Random,
  previous: Picker<C> | undefined,
): Float64Array {
  if (previous instanceof EarliestDeadlinePicker) return waitsAfter(previous.waits(), candidates, random);
  return waitsInOrder(candidates, random, nextIdOf(previous));
}

function nextIdOf(previous: Picker<Candidate> | undefined): string | undefined {
  const hasTurns = previous instanceof RotationPicker || previous instanceof EarliestDeadlinePicker;
  return hasTurns ? previous.nextId() : undefined;
}

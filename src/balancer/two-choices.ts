// The power of two choices: draw two candidates, prefer the one that bears less. Shared by the policies that differ
// in what they call load, and in how strictly they prefer.

import type { Random } from '../core/random.ts';
import type { CandidateList } from './candidate-list.ts';
import { candidateAt } from './candidate-list.ts';
import type { Candidate, PickContext, Picker } from './policy.ts';
import { WeightedDraw } from './weighted-draw.ts';

/**
 * How much a candidate bears. Idle candidates that are alike must be equal here whatever their share: then the
 * first draw decides.
 * @param share its weight in slow start, relative to the mean weight of the candidates; above 0
 */
export type Load = (candidate: Candidate, share: number, now: number) => number;

/** Whether the second is taken. Of equal loads it must not be: then the first draw decides, which follows the weights. */
export type Preference = (firstLoad: number, secondLoad: number, random: Random) => boolean;

export const lessLoad: Preference = (firstLoad, secondLoad) => secondLoad < firstLoad;

/**
 * How often a second candidate is looked for. Without a bound, an endpoint of weight 1 beside one of weight 100
 * would be half of every pair; with three attempts it gets at most four times its share, however little it bears.
 */
const SECOND_DRAWS = 3;

export class TwoChoicesPicker<C extends Candidate> implements Picker<C> {
  readonly #candidates: CandidateList<C>;
  readonly #random: Random;
  readonly #draw: WeightedDraw<C>;
  readonly #load: Load;
  readonly #prefersSecond: Preference;
  readonly #meanWeight: number;

  constructor(candidates: CandidateList<C>, random: Random, load: Load, preference: Preference) {
    this.#candidates = candidates;
    this.#random = random;
    this.#draw = new WeightedDraw(candidates, random);
    this.#load = load;
    this.#prefersSecond = preference;
    this.#meanWeight = candidates.reduce((sum, candidate) => sum + candidate.weight, 0) / candidates.length;
  }

  pick(context: PickContext): C {
    if (this.#candidates.length === 1) return this.#candidates[0];
    const { now } = context;
    const firstIndex = this.#draw.rampedIndex(now);
    const first = candidateAt(this.#candidates, firstIndex);
    const ramp = first.rampUp(now);
    const second = this.#second(firstIndex, ramp, now);
    if (second === undefined) return first;
    const firstLoad = this.#load(first, (first.weight * ramp) / this.#meanWeight, now);
    const secondLoad = this.#load(second, (second.weight * second.rampUp(now)) / this.#meanWeight, now);
    return this.#prefersSecond(firstLoad, secondLoad, this.#random) ? second : first;
  }

  /** One that is further on in slow start than the first is always taken, one that is less far on more rarely. */
  #second(firstIndex: number, firstRamp: number, now: number): C | undefined {
    for (let draw = 0; draw < SECOND_DRAWS; draw++) {
      const index = this.#draw.otherIndex(firstIndex);
      if (index === firstIndex) continue;
      const second = candidateAt(this.#candidates, index);
      const ramp = second.rampUp(now);
      if (ramp >= firstRamp || this.#random() * firstRamp < ramp) return second;
    }
    return undefined;
  }
}

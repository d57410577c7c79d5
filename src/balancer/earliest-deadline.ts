// Round robin over candidates of unequal weight: each has a deadline, a period of 1/weight after its last turn, and
// the earliest is served. As smooth as nginx's algorithm, in O(log n) instead of O(n).

import type { Random } from '../core/random.ts';
import type { CandidateList } from './candidate-list.ts';
import { candidateAt } from './candidate-list.ts';
import type { Candidate, PickContext, Picker } from './policy.ts';
import { startIndex } from './rotation.ts';

export class EarliestDeadlinePicker<C extends Candidate> implements Picker<C> {
  readonly #candidates: CandidateList<C>;
  /** By the candidate's index, in virtual time. */
  readonly #deadlines: Float64Array;
  /** Indices of candidates as a binary heap, the earliest deadline first. */
  readonly #heap: Uint32Array;
  /** Virtual time: the deadline served last. */
  #now = 0;

  /** @param waits how much of its period each candidate has still to wait, 0 to 1 */
  constructor(candidates: CandidateList<C>, waits: Float64Array) {
    this.#candidates = candidates;
    this.#deadlines = waits.map((wait, index) => wait / candidateAt(candidates, index).weight);
    this.#heap = Uint32Array.from(candidates, (_, index) => index);
    for (let place = (candidates.length >>> 1) - 1; place >= 0; place--) this.#sink(place);
  }

  nextId(): string {
    return candidateAt(this.#candidates, this.#heap[0] ?? 0).id;
  }

  /** By id, how much of its period each candidate has still to wait; more than 1 in slow start. */
  waits(): ReadonlyMap<string, number> {
    return new Map(
      this.#candidates.map(({ id, weight }, index) => [
        id,
        ((this.#deadlines[index] ?? this.#now) - this.#now) * weight,
      ]),
    );
  }

  pick(context: PickContext): C {
    const index = this.#heap[0] ?? 0;
    const candidate = candidateAt(this.#candidates, index);
    this.#now = this.#deadlines[index] ?? this.#now;
    this.#deadlines[index] = this.#now + 1 / (candidate.weight * candidate.rampUp(context.now));
    this.#sink(0);
    return candidate;
  }

  #deadlineAt(place: number): number {
    return this.#deadlines[this.#heap[place] ?? 0] ?? 0;
  }

  #sink(from: number): void {
    const length = this.#heap.length;
    const index = this.#heap[from] ?? 0;
    const deadline = this.#deadlineAt(from);
    let place = from;
    for (let child = 2 * place + 1; child < length; child = 2 * place + 1) {
      if (child + 1 < length && this.#deadlineAt(child + 1) < this.#deadlineAt(child)) child++;
      if (this.#deadlineAt(child) >= deadline) break;
      this.#heap[place] = this.#heap[child] ?? 0;
      place = child;
    }
    this.#heap[place] = index;
  }
}

/** Waits that serve the candidates in their order, from `nextId` or a random place on. */
export function waitsInOrder(
  candidates: CandidateList<Candidate>,
  random: Random,
  nextId: string | undefined,
): Float64Array {
  const count = candidates.length;
  const start = startIndex(candidates, random, nextId);
  return Float64Array.from(candidates, (_, index) => ((index - start + count) % count) / count);
}

/** Waits that go on where `before` is; a candidate that is new comes in at a random moment of its period. */
export function waitsAfter(
  before: ReadonlyMap<string, number>,
  candidates: CandidateList<Candidate>,
  random: Random,
): Float64Array {
  return Float64Array.from(candidates, ({ id }) => before.get(id) ?? random());
}

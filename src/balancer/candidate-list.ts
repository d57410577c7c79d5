// The list that a picker works on: never empty, so that every index leads to a candidate.

import type { Candidate } from './policy.ts';

export type CandidateList<C extends Candidate> = readonly [C, ...C[]];

/** @param index a whole number, at least 0 and below the list's length */
export function candidateAt<C extends Candidate>(candidates: CandidateList<C>, index: number): C {
  return candidates[index] ?? candidates[0];
}

export function haveEqualWeights(candidates: CandidateList<Candidate>): boolean {
  const { weight } = candidates[0];
  return candidates.every((candidate) => candidate.weight === weight);
}

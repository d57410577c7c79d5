import type { Candidate, PickContext, Picker } from '../../src/balancer/policy.ts';

/** A candidate whose figures a test sets. */
export class TestCandidate implements Candidate {
  readonly id: string;
  readonly weight: number;
  inFlight = 0;
  /** Milliseconds; undefined when nothing was measured. */
  latency: number | undefined;
  failures = 0;
  pause = 0;
  ramp = 1;

  constructor(id: string, weight = 1) {
    this.id = id;
    this.weight = weight;
  }

  expectedMs(_now: number): number | undefined {
    return this.latency;
  }

  recentFailures(_now: number): number {
    return this.failures;
  }

  pauseMs(_now: number): number {
    return this.pause;
  }

  rampUp(_now: number): number {
    return this.ramp;
  }
}

export type TestCandidates = readonly [TestCandidate, ...TestCandidate[]];

/** One candidate per weight, with ids in their order: `endpoint-00000`, `endpoint-00001`, … */
export function candidatesOf(weights: readonly number[]): TestCandidates {
  const [first, ...rest] = weights.map(
    (weight, index) => new TestCandidate(`endpoint-${String(index).padStart(5, '0')}`, weight),
  );
  if (first === undefined) throw new Error('expected at least one weight');
  return [first, ...rest];
}

export function equalCandidates(count: number): TestCandidates {
  return candidatesOf(new Array<number>(count).fill(1));
}

/** The candidates without one of them, which must not be the only one. */
export function without(candidates: TestCandidates, gone: TestCandidate): TestCandidates {
  const [first, ...rest] = candidates.filter((candidate) => candidate !== gone);
  if (first === undefined) throw new Error('expected one to be left');
  return [first, ...rest];
}

const NO_HASH: PickContext = { now: 0, hash: undefined };

/** How often each of the candidates is picked, in their order. */
export function countPicks(
  picker: Picker<TestCandidate>,
  candidates: TestCandidates,
  picks: number,
  contextOf: (pick: number) => PickContext = () => NO_HASH,
): number[] {
  const counts = new Map<string, number>();
  for (let pick = 0; pick < picks; pick++) {
    const { id } = picker.pick(contextOf(pick));
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return candidates.map(({ id }) => counts.get(id) ?? 0);
}

/** The share of all picks that each candidate got. */
export function sharesOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}

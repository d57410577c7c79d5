// What a load-balancing policy is, and what it may see of an endpoint: numbers only, so that every policy is a
// pure function of its candidates, the time and the random source.

import type { Random } from '../core/random.ts';

/** An endpoint as a policy sees it. The figures change between picks; identity and weight do not. */
export interface Candidate {
  /** Stable identity: what consistent hashing places on its ring. */
  readonly id: string;
  /** Above 0. */
  readonly weight: number;
  /** Requests on their way there now. */
  readonly inFlight: number;
  /** What a response is expected to take at `now`, in milliseconds, above 0; undefined when nothing was measured yet. */
  expectedMs(now: number): number | undefined;
  /** As how many requests in flight its recent failures count at `now`; at least 0. */
  recentFailures(now: number): number;
  /** Milliseconds at `now` for which it asked to be left alone; 0 when it did not. */
  pauseMs(now: number): number;
  /** The share of its weight that it may take at `now`: 1, or less in slow start; above 0. */
  rampUp(now: number): number;
}

/** What one pick goes by. */
export interface PickContext {
  /** Monotonic milliseconds. */
  readonly now: number;
  /** The request's hash for consistent hashing, an unsigned 32-bit number; undefined when it has no key. */
  readonly hash: number | undefined;
}

/** A frozen view of the candidates. */
export interface Picker<C extends Candidate> {
  /** Never undefined: a picker is only built over at least one candidate. Allocates nothing. */
  pick(context: PickContext): C;
}

export interface PickerOptions<C extends Candidate> {
  readonly random: Random;
  /** The picker that this one replaces: lets a policy keep its position over a change of candidates. */
  readonly previous?: Picker<C> | undefined;
}

export interface LoadBalancingPolicy {
  /** @param candidates at least one, sorted by id */
  createPicker<C extends Candidate>(candidates: readonly [C, ...C[]], options: PickerOptions<C>): Picker<C>;
}

// The endpoints that calls of one kind may go to, all or those with a tag, and the policy's position among them.

import { eligibleEndpoints } from '../balancer/panic.ts';
import type { LoadBalancingPolicy, PickContext, Picker } from '../balancer/policy.ts';
import type { Random } from '../core/random.ts';
import type { Panic } from '../endpoint/panic.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

export interface BalancingRules {
  readonly policy: LoadBalancingPolicy;
  /** Whether ejected endpoints are used when there are no others. */
  readonly panic: boolean;
}

/** How often the policy is asked again before the untried endpoint is chosen without it. */
const REDRAWS = 3;

export class EndpointSubset {
  readonly #random: Random;
  #candidates: readonly UpstreamEndpoint[] = [];
  #picker: Picker<UpstreamEndpoint> | undefined;
  #panic: Panic = 'none';

  constructor(random: Random) {
    this.#random = random;
  }

  get panic(): Panic {
    return this.#panic;
  }

  /** Reads the marks of its members again. */
  refresh(members: Iterable<UpstreamEndpoint>, rules: BalancingRules): void {
    const { candidates, panic } = eligibleEndpoints([...undrained(members)], rules);
    this.#panic = panic;
    this.#candidates = candidates;
    this.#picker = isNonEmpty(candidates)
      ? rules.policy.createPicker(candidates, { random: this.#random, previous: this.#picker })
      : undefined;
  }

  /** The policy's choice, but none of `tried` while there is another. */
  pick(context: PickContext, tried: readonly string[]): UpstreamEndpoint | undefined {
    const picker = this.#picker;
    if (picker === undefined) return undefined;
    let drawn = picker.pick(context);
    for (let i = 0; i < REDRAWS && tried.includes(drawn.id); i++) drawn = picker.pick(context);
    if (!tried.includes(drawn.id)) return drawn;
    return leastBusy(this.#candidates, tried) ?? drawn;
  }

  /** How many requests may go to now. */
  get size(): number {
    return this.#candidates.length;
  }

  /** The ids of those that requests may go to now. */
  usableIds(): readonly string[] {
    return this.#candidates.map(({ id }) => id);
  }

  /** How many of those are not among `tried`. */
  untried(tried: readonly string[]): number {
    if (tried.length === 0) return this.#candidates.length;
    return this.#candidates.reduce((count, { id }) => (tried.includes(id) ? count : count + 1), 0);
  }
}

/** Those that an operator has not taken out. */
export function* undrained(members: Iterable<UpstreamEndpoint>): Iterable<UpstreamEndpoint> {
  for (const upstream of members) if (!upstream.drained) yield upstream;
}

function isNonEmpty<T>(list: readonly T[]): list is readonly [T, ...T[]] {
  return list.length > 0;
}

function leastBusy(
  candidates: readonly UpstreamEndpoint[],
  tried: readonly string[],
): UpstreamEndpoint | undefined {
  let best: UpstreamEndpoint | undefined;
  for (const candidate of candidates) {
    if (tried.includes(candidate.id)) continue;
    if (best === undefined || candidate.inFlight / candidate.weight < best.inFlight / best.weight) {
      best = candidate;
    }
  }
  return best;
}

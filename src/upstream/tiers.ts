// Upstreams in order: the next one takes over when the one before has no endpoint to use. Source: Envoy docs, "Priority
// levels".

import { AmbassadorError } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import type { EndpointPart } from '../endpoint/endpoint-part.ts';
import type { Panic } from '../endpoint/panic.ts';
import type { EndpointSubset } from './endpoint-subset.ts';
import { Lease } from './lease.ts';
import { healthyShares } from './tier-shares.ts';
import type { LeaseGiver, PickContext, Upstream } from './upstream.ts';

export interface Tier {
  /** For people. */
  readonly label: string;
  readonly upstream: Upstream;
  /** Which of its endpoints. */
  readonly part: EndpointPart;
}

export interface TiersOptions {
  readonly tiers: readonly [Tier, ...Tier[]];
  /** Envoy's factor; undefined for strict tiers. */
  readonly overprovisioning: number | undefined;
  readonly random: Random;
}

/** How good a tier is for an attempt, the best first. */
const RANK = { untried: 0, tried: 1, allEjected: 2, allCritical: 3, none: 4 } as const;
type Rank = (typeof RANK)[keyof typeof RANK];

export class Tiers implements LeaseGiver {
  readonly tiers: readonly [Tier, ...Tier[]];
  /** Calls under way. */
  active = 0;
  readonly #overprovisioning: number | undefined;
  readonly #random: Random;

  constructor({ tiers, overprovisioning, random }: TiersOptions) {
    this.tiers = tiers;
    this.#overprovisioning = overprovisioning;
    this.#random = random;
  }

  pick(context: PickContext): Lease | AmbassadorError {
    const chosen = this.#choose(context.tried);
    // An ejected endpoint of a better tier comes back by a probe, which a tier that gets no requests would never see.
    for (let index = 0; index <= chosen; index++) {
      const tier = this.tiers[index] as Tier;
      const probe = tier.upstream.probe(inTier(context, tier));
      if (probe !== undefined) return placed(probe, index);
    }
    const tier = this.tiers[chosen] as Tier;
    const lease = tier.upstream.take(inTier(context, tier));
    return lease instanceof Lease ? placed(lease, chosen) : this.unavailable();
  }

  /** How many usable endpoints there are that are not among `tried`. */
  untried(tried: readonly string[]): number {
    let untried = 0;
    for (const tier of this.tiers) {
      const subset = subsetOf(tier);
      if (subset.panic === 'none') untried += subset.untried(tried);
    }
    return untried > 0 ? untried : subsetOf(this.tiers[this.#choose(tried)] as Tier).untried(tried);
  }

  /** Why there is no endpoint to call, tier by tier. */
  unavailable(): AmbassadorError {
    const errors = this.tiers.map(({ upstream, part }) => upstream.unavailable(part));
    const known = errors.find(({ reason }) => reason !== 'discovery_unavailable');
    const waits = errors.flatMap(({ retryAfterSeconds }) => retryAfterSeconds ?? []);
    return new AmbassadorError(
      (known ?? (errors[0] as AmbassadorError)).reason,
      errors.map(({ message }) => message).join(' '),
      waits.length === 0 ? {} : { retryAfterSeconds: Math.min(...waits) },
    );
  }

  /** Whether only endpoints that the registry calls dead are left to try. */
  get isLastResort(): boolean {
    return this.panicking?.panic === 'all_critical';
  }

  /** The tier whose ejected or critical endpoints get requests, since no tier has better; undefined while one has. */
  get panicking(): { readonly tier: Tier; readonly panic: Panic } | undefined {
    const tier = this.tiers[this.#best([])] as Tier;
    const { panic } = subsetOf(tier);
    return panic === 'none' ? undefined : { tier, panic };
  }

  /** Whether any of the tiers after this one has endpoints to use that are not of the same upstream. */
  hasSubstituteFor(index: number): boolean {
    const own = this.tiers[index]?.upstream;
    return this.tiers.some(
      (tier, at) => at > index && tier.upstream !== own && this.#rank(tier, []) === RANK.untried,
    );
  }

  /** The tier that most requests go to now. */
  get inUse(): Tier & { readonly index: number } {
    const shares = this.shares();
    const index = shares.indexOf(Math.max(...shares));
    return { ...(this.tiers[index] as Tier), index };
  }

  /** The share of requests that each tier bears now, 0 to 1. */
  shares(): readonly number[] {
    const { tiers } = this;
    if (this.#overprovisioning !== undefined) {
      const shares = healthyShares(tiers.map(healthOf), this.#overprovisioning);
      if (shares.some((share) => share > 0)) return shares;
    }
    const chosen = this.#choose([]);
    return tiers.map((_, index) => (index === chosen ? 1 : 0));
  }

  #choose(tried: readonly string[]): number {
    const { tiers } = this;
    if (this.#overprovisioning !== undefined && tried.length === 0 && tiers.length > 1) {
      const drawn = this.#draw(healthyShares(tiers.map(healthOf), this.#overprovisioning));
      if (drawn !== undefined) return drawn;
    }
    return this.#best(tried);
  }

  #best(tried: readonly string[]): number {
    let best = 0;
    let bestRank: Rank = RANK.none;
    for (const [index, tier] of this.tiers.entries()) {
      const rank = this.#rank(tier, tried);
      if (rank >= bestRank) continue;
      best = index;
      bestRank = rank;
      if (rank === RANK.untried) break;
    }
    return best;
  }

  #draw(shares: readonly number[]): number | undefined {
    const total = shares.reduce((sum, share) => sum + share, 0);
    if (total <= 0) return undefined;
    let drawn = this.#random() * total;
    for (const [index, share] of shares.entries()) {
      if (drawn < share) return index;
      drawn -= share;
    }
    return shares.findLastIndex((share) => share > 0);
  }

  #rank(tier: Tier, tried: readonly string[]): Rank {
    const subset = subsetOf(tier);
    if (subset.size === 0) return RANK.none;
    if (subset.panic === 'all_ejected') return RANK.allEjected;
    if (subset.panic === 'all_critical') return RANK.allCritical;
    return subset.untried(tried) > 0 ? RANK.untried : RANK.tried;
  }
}

function subsetOf({ upstream, part }: Tier): EndpointSubset {
  return upstream.endpoints.subset(part);
}

/** The part of its endpoints that requests may go to. */
function healthOf({ upstream, part }: Tier): number {
  const subset = upstream.endpoints.subset(part);
  if (subset.panic !== 'none') return 0;
  let total = 0;
  for (const _ of upstream.endpoints.membersOf(part)) total++;
  return total === 0 ? 0 : subset.size / total;
}

function inTier(context: PickContext, { part: { tag, near } }: Tier): PickContext {
  const { hash, tried, repeatable } = context;
  return tag === context.tag && near === context.near ? context : { tag, near, hash, tried, repeatable };
}

function placed(lease: Lease, tier: number): Lease {
  lease.tier = tier;
  return lease;
}

// A chain that requests go by: where they lead, and what serves there.

import type { Chain } from '../chain/chain.ts';
import type { ChainModel, Destination } from '../chain/chain-model.ts';
import type { Tiers } from '../upstream/tiers.ts';
import type { ChainTarget } from './chain-targets.ts';

export class FollowedChain {
  readonly chain: Chain;
  readonly targets: readonly ChainTarget[];
  /** Targets for which no further watch may be opened. */
  readonly unopened: readonly string[];
  readonly #tiers: ReadonlyMap<Destination, Tiers>;

  constructor(
    chain: Chain,
    targets: readonly ChainTarget[],
    unopened: readonly string[],
    tiers: ReadonlyMap<Destination, Tiers>,
  ) {
    this.chain = chain;
    this.unopened = unopened;
    this.targets = targets;
    this.#tiers = tiers;
  }

  get model(): ChainModel {
    return this.chain.model;
  }

  /** What was asked for and is not done, a sentence each. */
  get notDone(): readonly string[] {
    const { notDone } = this.model;
    if (this.unopened.length === 0) return notDone;
    const names = this.unopened.join(', ');
    return [...notDone, `no requests go to ${names}: discovery.maxWatches allows no further watch`];
  }

  /** Of one of the chain's destinations. */
  tiersOf(destination: Destination): Tiers {
    return this.#tiers.get(destination) as Tiers;
  }

  /** Each once. */
  get destinations(): Iterable<Destination> {
    return this.#tiers.keys();
  }

  get tiers(): Iterable<Tiers> {
    return this.#tiers.values();
  }

  get isInUse(): boolean {
    return [...this.#tiers.values()].some(({ active }) => active > 0);
  }
}

// The upstreams of a service's chain beside its own: each opened once for all chains that lead there, and closed after
// the last of them.

import { isDeepStrictEqual } from 'node:util';
import type { TargetSpec } from '../chain/chain-model.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { SavedChain } from '../discovery/snapshot/snapshot-format.ts';
import { asDiscovered } from '../endpoint/address-rewriting.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ChainUpstreams } from './chain-upstreams.ts';

/** A target beside the service's own upstream. */
export interface ChainTarget {
  readonly spec: TargetSpec;
  readonly upstream: Upstream;
}

export interface ChainTargetsOptions {
  readonly upstreams: ChainUpstreams;
  readonly observer: CompleteObserver;
  /** Called when other endpoints of a target may be usable than before. */
  readonly changed: () => void;
}

export class ChainTargets {
  readonly #options: ChainTargetsOptions;
  readonly #open = new Set<ChainTarget>();
  #remembered: SavedChain['targets'] = {};
  #rememberedAgeMs = 0;

  constructor(options: ChainTargetsOptions) {
    this.#options = options;
  }

  /** The endpoints of those that know them, by label, for the snapshot. */
  get saved(): SavedChain['targets'] {
    const tables = [...this.#open].flatMap(({ spec, upstream: { feed } }) =>
      feed.table === undefined ? [] : [[spec.label, asDiscovered(feed.table.endpoints)] as const],
    );
    return Object.fromEntries(tables);
  }

  /**
   * What an earlier run knew, in force where a target is opened until its source says otherwise.
   * @param ageMs since it was confirmed, in milliseconds
   */
  remember(targets: SavedChain['targets'], ageMs: number): void {
    this.#remembered = targets;
    this.#rememberedAgeMs = ageMs;
  }

  /** The one that is open already, or a new one; undefined where no further watch may be opened. */
  to(spec: TargetSpec): ChainTarget | undefined {
    for (const target of this.#open) if (isDeepStrictEqual(target.spec, spec)) return target;
    const upstream = this.#options.upstreams.open(spec);
    if (upstream === undefined) return undefined;
    const target = { spec, upstream };
    this.#open.add(target);
    upstream.refreshed = this.#options.changed;
    const remembered = this.#remembered[spec.label];
    upstream.start(remembered);
    if (remembered !== undefined) upstream.feed.restore(remembered, this.#rememberedAgeMs);
    return target;
  }

  /** Brings them in line with the configuration in force. */
  tune(): void {
    for (const { upstream, spec } of this.#open) this.#options.upstreams.tune(upstream, spec);
  }

  /** Ends their watches; attempts go on. */
  stop(): void {
    for (const { upstream } of this.#open) upstream.stop();
  }

  /** Closes those that are not in use any more. */
  closeBut(used: ReadonlySet<ChainTarget>): void {
    for (const target of [...this.#open]) {
      if (used.has(target)) continue;
      this.#open.delete(target);
      const { upstream } = target;
      upstream.close();
      this.#options.upstreams.closed(upstream);
      this.#options.observer.serviceClosed(upstream.name);
    }
  }
}

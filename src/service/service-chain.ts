// The chain of one service between its name and its upstreams: read from its source, put in force once the endpoints of
// new targets are known, and exchanged under traffic: open requests finish where they are, the next one goes the new way.

import { isDeepStrictEqual } from 'node:util';
import { Chain } from '../chain/chain.ts';
import type { ChainModel, Destination, TargetSpec } from '../chain/chain-model.ts';
import { readCompiledChain } from '../chain/compiled-chain.ts';
import { namingDefaults } from '../chain/defaults-not-done.ts';
import { asksForNearest, nearestFirst, wholeTarget } from '../chain/nearest.ts';
import type { OwnChain, SubsetsOf } from '../chain/own-chain.ts';
import { chainInForce } from '../chain/own-chain.ts';
import type { Clock } from '../core/clock.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Random } from '../core/random.ts';
import type { SavedChain } from '../discovery/snapshot/snapshot-format.ts';
import type { ChainSource, OwnNode } from '../discovery/source.ts';
import type { Tier } from '../upstream/tiers.ts';
import { Tiers } from '../upstream/tiers.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { ChainTarget } from './chain-targets.ts';
import { ChainTargets } from './chain-targets.ts';
import type { ChainUpstreams } from './chain-upstreams.ts';
import { FollowedChain } from './followed-chain.ts';

/** What a service's chain is made of, which a new configuration may change. */
export interface ChainSettings {
  /** Consul's entries; undefined where they are not asked for. */
  readonly source: ChainSource | undefined;
  readonly own: OwnChain;
  readonly subsetsOf: SubsetsOf;
}

export const NO_CHAIN: ChainSettings = { source: undefined, own: {}, subsetsOf: () => undefined };

/** An earlier run knew the service, and no chain of it. */
export const NO_SAVED_CHAIN: SavedChain = { compiled: undefined, targets: {} };

/** Nothing is nearer than anything else. */
export const UNKNOWN_NODE: OwnNode = {
  heard: true,
  meta: undefined,
  remember: () => {},
  follow: () => () => {},
};

export interface ServiceChainOptions {
  readonly service: string;
  readonly home: Upstream;
  readonly upstreams: ChainUpstreams;
  /** What nearness is measured from. */
  readonly ownNode: OwnNode;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: CompleteObserver;
  /** Called when requests may go elsewhere than before: another chain, or other usable endpoints of a target. */
  readonly changed: () => void;
}

/** How long new targets may take to know their endpoints before the chain is followed without, in milliseconds. */
const TARGETS_WITHIN_MS = 5_000;

/** How often it is looked whether the last request of a chain that was replaced is done, in milliseconds. */
const RETIREMENT_CHECK_MS = 1_000;

export class ServiceChain {
  readonly #options: ServiceChainOptions;
  #settings: ChainSettings;
  /** As Consul last compiled it; undefined without entries. */
  #compiled: unknown;
  #consul: ChainModel | undefined;
  /** The keys of the service's defaults in Consul that ask for what is not done. */
  #defaultsNotDone: readonly string[] = [];
  /** Whether the source has said anything, or there is none to say. */
  #heard: boolean;
  #followed: FollowedChain | undefined;
  /** What is being prepared; undefined when nothing is. */
  #next: { readonly model: ChainModel | undefined } | undefined;
  #retired: FollowedChain[] = [];
  readonly #targets: ChainTargets;
  readonly #waiting = new Set<() => void>();
  #wasSettled = false;
  #isRetiring = false;
  #homeSpec: TargetSpec | undefined;
  /** Ends the following of our own node; undefined while it makes no difference. */
  #forgetNode: (() => void) | undefined;
  #stopped = false;

  constructor(settings: ChainSettings, options: ServiceChainOptions) {
    this.#settings = settings;
    this.#options = options;
    this.#targets = new ChainTargets(options);
    this.#heard = settings.source === undefined;
  }

  /** What the next request goes by; undefined for the service's own upstream alone. */
  get followed(): FollowedChain | undefined {
    return this.#followed;
  }

  /** What the chain says of the service's own upstream; undefined when that is nothing. */
  get homeSpec(): TargetSpec | undefined {
    return this.#homeSpec;
  }

  /** For the snapshot; undefined where there is nothing to save. */
  get saved(): SavedChain | undefined {
    const targets = this.#targets.saved;
    const ownNode = this.#forgetNode === undefined ? undefined : this.#options.ownNode.meta;
    const isEmpty =
      this.#compiled === undefined && ownNode === undefined && Object.keys(targets).length === 0;
    return isEmpty ? undefined : { compiled: this.#compiled, targets, ownNode };
  }

  /** Whether it is known where requests go; while another chain is being prepared, they go by the last one. */
  get settled(): boolean {
    return this.#wasSettled || (this.#heard && this.#next === undefined && !this.#awaitsNode);
  }

  /**
   * @param saved what an earlier run knew, in force until the sources say otherwise; undefined where it knew nothing
   * @param savedAgeMs since that was confirmed
   */
  start(saved?: SavedChain, savedAgeMs = 0): void {
    if (saved !== undefined) this.#targets.remember(saved.targets, savedAgeMs);
    // It is as good as the endpoints of that run: no request waits for a Consul that does not answer.
    if (saved !== undefined) this.#heard = true;
    if (saved?.compiled !== undefined) this.#take(saved.compiled);
    if (saved?.ownNode !== undefined) this.#options.ownNode.remember(saved.ownNode);
    this.#settings.source?.start(this.#sink(this.#settings.source));
    this.#update();
  }

  /** Follows other settings from the next request on. */
  reconfigure(settings: ChainSettings): void {
    const replaced = this.#settings;
    this.#settings = settings;
    if (settings.source !== replaced.source) {
      replaced.source?.stop();
      if (settings.source === undefined) this.#take(undefined);
      settings.source?.start(this.#sink(settings.source));
    }
    this.tune();
    this.#update();
  }

  /** Brings its upstreams in line with the configuration in force. */
  tune(): void {
    this.#targets.tune();
  }

  /** Resolves when it is known where requests go, or after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void> {
    if (this.settled) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        timeout.cancel();
        this.#waiting.delete(finish);
        resolve();
      };
      const timeout = this.#options.clock.schedule(timeoutMs, finish);
      this.#waiting.add(finish);
    });
  }

  /** Ends its watches; attempts go on. */
  stop(): void {
    this.#stopped = true;
    this.#forgetNode?.();
    this.#settings.source?.stop();
    this.#targets.stop();
  }

  /** Ends the connections as well; attempts under way finish, but no new ones begin. */
  close(): void {
    this.stop();
    this.#targets.closeBut(new Set());
  }

  #sink(source: ChainSource) {
    return {
      chain: (compiled: unknown, defaultsNotDone: readonly string[]) => {
        if (this.#settings.source !== source) return;
        this.#take(compiled, defaultsNotDone);
        this.#heard = true;
        this.#update();
      },
      unknown: () => {
        if (this.#settings.source !== source) return;
        this.#heard = true;
        this.#update();
      },
    };
  }

  #take(compiled: unknown, defaultsNotDone: readonly string[] = []): void {
    this.#compiled = compiled;
    this.#defaultsNotDone = defaultsNotDone;
    this.#consul = compiled === undefined ? undefined : readCompiledChain(compiled);
  }

  #update(): void {
    if (this.#stopped) return;
    const { own, subsetsOf } = this.#settings;
    const { service } = this.#options;
    const inForce = chainInForce(service, own, subsetsOf, this.#consul);
    const named = namingDefaults(inForce, service, this.#defaultsNotDone);
    if (named !== undefined && asksForNearest(named)) {
      this.#forgetNode ??= this.#options.ownNode.follow(() => this.#update());
      // The nearest come before all others from the first request on.
      if (this.#awaitsNode) return;
    } else {
      this.#forgetNode?.();
      this.#forgetNode = undefined;
    }
    const model = named && nearestFirst(named, this.#options.ownNode.meta);
    const known = this.#next === undefined ? this.#followed?.model : this.#next.model;
    if (isDeepStrictEqual(model, known)) this.#wake();
    else void this.#follow(model);
  }

  /** Puts a chain in force once the endpoints of its targets are known. */
  async #follow(model: ChainModel | undefined): Promise<void> {
    const next = { model };
    this.#next = next;
    const followed = model === undefined ? undefined : this.#prepare(model);
    const opening = followed?.targets.filter(({ upstream }) => upstream.feed.table === undefined) ?? [];
    if (opening.length > 0) {
      await Promise.all(opening.map(({ upstream }) => upstream.feed.ready(TARGETS_WITHIN_MS)));
    }
    if (this.#stopped) return;
    if (this.#next !== next) {
      // Another one came meanwhile.
      this.#closeUnused();
      return;
    }
    this.#next = undefined;
    this.#exchange(followed);
    this.#wake();
  }

  #exchange(followed: FollowedChain | undefined): void {
    const { service, home, upstreams, observer } = this.#options;
    const before = this.#followed;
    this.#followed = followed;
    if (before !== undefined) this.#retired.push(before);
    const homeSpec = followed === undefined ? undefined : firstHome(followed.model, upstreams);
    if (!isDeepStrictEqual(homeSpec, this.#homeSpec)) {
      this.#homeSpec = homeSpec;
      upstreams.tuneHome(home, homeSpec);
    }
    this.#substitutes(before, followed);
    observer.chainChanged(service, followed && { ...followed.model, notDone: followed.notDone });
    if (!this.#isRetiring) this.#retire();
  }

  /** Where a next tier can serve, all endpoints of a tier may be ejected. */
  #substitutes(before: FollowedChain | undefined, followed: FollowedChain | undefined): void {
    const { home } = this.#options;
    const never = () => false;
    home.detector.hasSubstitute = never;
    for (const { upstream } of before?.targets ?? []) upstream.detector.hasSubstitute = never;
    for (const tiers of followed?.tiers ?? []) {
      for (const [index, { upstream }] of tiers.tiers.entries()) {
        if (index + 1 === tiers.tiers.length) continue;
        const others = upstream.detector.hasSubstitute;
        upstream.detector.hasSubstitute = () => tiers.hasSubstituteFor(index) || others();
      }
    }
  }

  /** Whether it depends on our own node where requests go, of which nothing has been heard. */
  get #awaitsNode(): boolean {
    return this.#forgetNode !== undefined && !this.#options.ownNode.heard;
  }

  #prepare(model: ChainModel): FollowedChain {
    const chain = new Chain(model, this.#options.random);
    const targets = new Map<string, ChainTarget | undefined>();
    const tiers = new Map<Destination, Tiers>();
    for (const destination of chain.destinations) {
      if (tiers.has(destination)) continue;
      const offered = destination.tiers.flatMap((spec) => this.#tier(spec, targets) ?? []);
      const [first = this.#homeTier(undefined), ...others] = offered;
      tiers.set(
        destination,
        new Tiers({
          tiers: [first, ...others],
          overprovisioning: model.overprovisioning,
          random: this.#options.random,
        }),
      );
    }
    const opened = [...targets.values()].filter((target) => target !== undefined);
    const unopened = [...targets].flatMap(([label, target]) => (target === undefined ? [label] : []));
    return new FollowedChain(chain, opened, unopened, tiers);
  }

  #tier(spec: TargetSpec, targets: Map<string, ChainTarget | undefined>): Tier | undefined {
    if (this.#options.upstreams.isHome(spec)) return this.#homeTier(spec);
    const whole = wholeTarget(spec);
    if (!targets.has(whole.label)) targets.set(whole.label, this.#targets.to(whole));
    const target = targets.get(whole.label);
    return (
      target && {
        label: spec.label,
        upstream: target.upstream,
        part: { tag: undefined, near: spec.near?.part },
      }
    );
  }

  #homeTier(spec: TargetSpec | undefined): Tier {
    const { service, home } = this.#options;
    return {
      label: spec?.label ?? service,
      upstream: home,
      part: { tag: spec?.tags[0], near: spec?.near?.part },
    };
  }

  /** Closes what no request goes to any more, once the last one there is done. */
  #retire(): void {
    this.#isRetiring = true;
    this.#options.clock.schedule(RETIREMENT_CHECK_MS, () => {
      this.#isRetiring = false;
      this.#retired = this.#retired.filter(({ isInUse }) => isInUse);
      this.#closeUnused();
      if (this.#retired.length > 0 && !this.#stopped) this.#retire();
    });
  }

  #closeUnused(): void {
    if (this.#next !== undefined) return;
    const inUse = [this.#followed, ...this.#retired].flatMap((chain) => chain?.targets ?? []);
    this.#targets.closeBut(new Set(inUse));
  }

  #wake(): void {
    if (!this.settled) return;
    this.#wasSettled = true;
    this.#options.changed();
    for (const wake of [...this.#waiting]) wake();
  }
}

/** What the chain says of the service's own upstream; undefined when that is nothing. */
function firstHome({ routes }: ChainModel, { isHome }: ChainUpstreams): TargetSpec | undefined {
  for (const { splits } of routes) {
    for (const { destination } of splits) {
      const home = destination.tiers.find(
        (spec) => isHome(spec) && (spec.connectTimeoutMs !== undefined || spec.balancing !== undefined),
      );
      if (home !== undefined) return home;
    }
  }
  return undefined;
}

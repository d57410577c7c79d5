// The endpoints of one service as requests meet them: kept in step with the endpoint table and with the marks of
// outlier detection, and picked from, all of them or those with a tag.

import type { PickContext } from '../balancer/policy.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { isSamePlace } from '../endpoint/endpoint.ts';
import type { EndpointTable } from '../endpoint/endpoint-table.ts';
import type { Panic } from '../endpoint/panic.ts';
import type { BalancingRules } from './endpoint-subset.ts';
import { EndpointSubset } from './endpoint-subset.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

export interface EndpointSetOptions extends BalancingRules {
  readonly random: Random;
  readonly clock: Clock;
  readonly create: (endpoint: Endpoint, first: boolean) => UpstreamEndpoint;
  /** Something else is registered of one. */
  readonly updated: (upstream: UpstreamEndpoint, before: Endpoint) => void;
  readonly remove: (upstream: UpstreamEndpoint) => void;
}

/** The tags of one service by which calls keep a position of their own; a further one takes the place of the oldest. */
const MAX_TAGS = 64;

interface Tagged {
  readonly subset: EndpointSubset;
  /** The `#version` that it was read at. */
  version: number;
}

export class EndpointSet {
  readonly #options: EndpointSetOptions;
  #rules: BalancingRules;
  #members = new Map<string, UpstreamEndpoint>();
  readonly #all: EndpointSubset;
  readonly #tagged = new Map<string, Tagged>();
  /** Members by tag, in lower case; undefined until a call names a tag. */
  #byTag: Map<string, UpstreamEndpoint[]> | undefined;
  /** Counts the refreshes. */
  #version = 0;
  #hasTable = false;

  constructor(options: EndpointSetOptions) {
    this.#options = options;
    this.#rules = options;
    this.#all = new EndpointSubset(options.random);
  }

  /** All that discovery knows, usable or not, sorted by id. */
  get members(): Iterable<UpstreamEndpoint> {
    return this.#members.values();
  }

  get size(): number {
    return this.#members.size;
  }

  get panic(): Panic {
    return this.#all.panic;
  }

  get(id: string): UpstreamEndpoint | undefined {
    return this.#members.get(id);
  }

  /** Those with the tag, whatever its case, usable or not; all of them when it is undefined. */
  membersWith(tag: string | undefined): Iterable<UpstreamEndpoint> {
    return tag === undefined ? this.members : (this.#indexed().get(tag.toLowerCase()) ?? []);
  }

  hasTag(tag: string): boolean {
    return this.#indexed().has(tag.toLowerCase());
  }

  /** What calls with that tag pick from, without regard to its case; all when it is undefined. */
  subset(tag: string | undefined): EndpointSubset {
    if (tag === undefined) return this.#all;
    const key = tag.toLowerCase();
    const known = this.#tagged.get(key) ?? this.#add(key);
    if (known.version !== this.#version) {
      known.version = this.#version;
      known.subset.refresh(this.#indexed().get(key) ?? [], this.#rules);
    }
    return known.subset;
  }

  #add(key: string): Tagged {
    const [oldest] = this.#tagged.keys();
    if (oldest !== undefined && this.#tagged.size >= MAX_TAGS) this.#tagged.delete(oldest);
    const added = { subset: new EndpointSubset(this.#options.random), version: -1 };
    this.#tagged.set(key, added);
    return added;
  }

  #indexed(): Map<string, UpstreamEndpoint[]> {
    if (this.#byTag !== undefined) return this.#byTag;
    const byTag = new Map<string, UpstreamEndpoint[]>();
    for (const upstream of this.#members.values()) {
      for (const key of new Set(upstream.endpoint.tags.map((tag) => tag.toLowerCase()))) {
        const tagged = byTag.get(key);
        if (tagged === undefined) byTag.set(key, [upstream]);
        else tagged.push(upstream);
      }
    }
    this.#byTag = byTag;
    return byTag;
  }

  /**
   * Takes over a new version of the table; `refresh` then reads it. An endpoint at another address is another
   * endpoint.
   */
  apply(table: EndpointTable): void {
    const next = new Map<string, UpstreamEndpoint>();
    const gone = this.#members;
    const now = this.#options.clock.wallTime();
    for (const endpoint of table.endpoints) {
      const known = gone.get(endpoint.id);
      if (known !== undefined && isSamePlace(known.endpoint, endpoint)) {
        const before = known.endpoint;
        // Nearly all are as they were, of thousands in a table.
        if (before !== endpoint) {
          known.update(endpoint, now);
          this.#options.updated(known, before);
        }
        gone.delete(endpoint.id);
        next.set(endpoint.id, known);
      } else {
        next.set(endpoint.id, this.#options.create(endpoint, !this.#hasTable));
      }
    }
    this.#members = next;
    this.#byTag = undefined;
    this.#hasTable = true;
    for (const upstream of gone.values()) this.#options.remove(upstream);
    for (const key of this.#tagged.keys()) {
      if (!this.hasTag(key)) this.#tagged.delete(key);
    }
  }

  /** Picks by other rules; `refresh` then goes by them. */
  reconfigure(rules: BalancingRules): void {
    this.#rules = rules;
  }

  /** Reads all marks again: after an ejection, a return, or an operator's word. */
  refresh(): void {
    this.#version++;
    this.#all.refresh(this.members, this.#rules);
  }

  /** The policy's choice among all, but none of `tried` while there is another. */
  pick(context: PickContext, tried: readonly string[]): UpstreamEndpoint | undefined {
    return this.#all.pick(context, tried);
  }

  /** The ids of those that requests without a tag may go to now. */
  usableIds(): readonly string[] {
    return this.#all.usableIds();
  }
}

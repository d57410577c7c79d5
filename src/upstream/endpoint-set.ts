// The endpoints of one service as requests meet them: kept in step with the endpoint table and with the marks of
// outlier detection, and picked from, all of them or those with a tag.

import { hasHealthy } from '../balancer/panic.ts';
import type { PickContext } from '../balancer/policy.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { Sliced } from '../core/slices.ts';
import { atOnce, sliceCounter } from '../core/slices.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { isSamePlace } from '../endpoint/endpoint.ts';
import type { EndpointPart } from '../endpoint/endpoint-part.ts';
import { ALL_ENDPOINTS, isPartOf } from '../endpoint/endpoint-part.ts';
import type { EndpointTable } from '../endpoint/endpoint-table.ts';
import type { Panic } from '../endpoint/panic.ts';
import type { BalancingRules } from './endpoint-subset.ts';
import { EndpointSubset, undrained } from './endpoint-subset.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

export interface EndpointSetOptions extends BalancingRules {
  readonly random: Random;
  readonly clock: Clock;
  /** Makes one that may never be used. @param first whether it is of the first table */
  readonly create: (endpoint: Endpoint, first: boolean) => UpstreamEndpoint;
  /** One of those is in use from now on. */
  readonly added: (upstream: UpstreamEndpoint) => void;
  /** Something else is registered of one. */
  readonly updated: (upstream: UpstreamEndpoint, before: Endpoint) => void;
  readonly remove: (upstream: UpstreamEndpoint) => void;
}

/** The parts of one service that keep a position of their own; a further one takes the place of the oldest. */
const MAX_PARTS = 64;

interface ReadSubset {
  readonly subset: EndpointSubset;
  /** The `#version` that it was read at. */
  version: number;
}

interface KnownPart extends ReadSubset {
  readonly part: EndpointPart;
}

/** What a table makes of the members. */
interface Change {
  readonly table: EndpointTable;
  readonly members: Map<string, UpstreamEndpoint>;
  readonly added: readonly UpstreamEndpoint[];
  readonly updated: readonly { readonly upstream: UpstreamEndpoint; readonly endpoint: Endpoint }[];
  readonly removed: readonly UpstreamEndpoint[];
}

export class EndpointSet {
  readonly #options: EndpointSetOptions;
  #rules: BalancingRules;
  #members = new Map<string, UpstreamEndpoint>();
  readonly #all: ReadSubset;
  readonly #parts = new Map<string, KnownPart>();
  /** Members by tag, in lower case; undefined until a call names a tag. */
  #byTag: Map<string, UpstreamEndpoint[]> | undefined;
  /** Counts the refreshes. */
  #version = 0;
  #hasTable = false;
  /** Of the table that comes next; undefined while none is expected. */
  #prepared: Change | undefined;

  constructor(options: EndpointSetOptions) {
    this.#options = options;
    this.#rules = options;
    this.#all = { subset: new EndpointSubset(options.random), version: 0 };
  }

  /** All that discovery knows, usable or not, sorted by id. */
  get members(): Iterable<UpstreamEndpoint> {
    return this.#members.values();
  }

  get size(): number {
    return this.#members.size;
  }

  get panic(): Panic {
    // Asked after each ejection: while any is well, the picker need not be built for that.
    if (this.#all.version !== this.#version && hasHealthy(undrained(this.members))) return 'none';
    return this.subset(ALL_ENDPOINTS).panic;
  }

  get(id: string): UpstreamEndpoint | undefined {
    return this.#members.get(id);
  }

  /** Those of a part, usable or not. */
  membersOf(part: EndpointPart): Iterable<UpstreamEndpoint> {
    const { tag, near } = part;
    const tagged = tag === undefined ? this.members : (this.#indexed().get(tag.toLowerCase()) ?? []);
    return near === undefined ? tagged : [...tagged].filter(({ endpoint }) => isPartOf(endpoint, part));
  }

  hasTag(tag: string): boolean {
    return this.#indexed().has(tag.toLowerCase());
  }

  /** What calls of a part pick from. */
  subset(part: EndpointPart): EndpointSubset {
    const { tag, near } = part;
    if (tag === undefined && near === undefined) return this.#read(this.#all, part);
    // Forgets the parts of tags that are gone.
    if (tag !== undefined) this.#indexed();
    // No key of a part holds a line break.
    const key = near === undefined ? (tag ?? '').toLowerCase() : `${tag?.toLowerCase() ?? ''}\n${near.key}`;
    return this.#read(this.#parts.get(key) ?? this.#add(key, part), part);
  }

  #read(known: ReadSubset, part: EndpointPart): EndpointSubset {
    if (known.version !== this.#version) {
      known.version = this.#version;
      known.subset.refresh(this.membersOf(part), this.#rules);
    }
    return known.subset;
  }

  #add(key: string, part: EndpointPart): KnownPart {
    const [oldest] = this.#parts.keys();
    if (oldest !== undefined && this.#parts.size >= MAX_PARTS) this.#parts.delete(oldest);
    const added = { part, subset: new EndpointSubset(this.#options.random), version: -1 };
    this.#parts.set(key, added);
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
    for (const [key, { part }] of this.#parts) {
      if (part.tag !== undefined && !byTag.has(part.tag.toLowerCase())) this.#parts.delete(key);
    }
    this.#byTag = byTag;
    return byTag;
  }

  /** What `apply` of this table would take long for, in slices: nothing of it shows before. */
  *prepare(table: EndpointTable): Sliced<void> {
    this.#prepared = yield* this.#changeTo(table);
  }

  /**
   * Takes over a new version of the table; `refresh` then reads it. An endpoint at another address is another
   * endpoint.
   */
  apply(table: EndpointTable): void {
    const prepared = this.#prepared?.table === table ? this.#prepared : undefined;
    this.#prepared = undefined;
    const { members, added, updated, removed } = prepared ?? atOnce(this.#changeTo(table));
    const now = this.#options.clock.wallTime();
    for (const { upstream, endpoint } of updated) {
      const before = upstream.endpoint;
      upstream.update(endpoint, now);
      this.#options.updated(upstream, before);
    }
    this.#members = members;
    this.#byTag = undefined;
    this.#hasTable = true;
    for (const upstream of added) this.#options.added(upstream);
    for (const upstream of removed) this.#options.remove(upstream);
  }

  *#changeTo(table: EndpointTable): Sliced<Change> {
    const isFull = sliceCounter();
    const members = new Map<string, UpstreamEndpoint>();
    const added: UpstreamEndpoint[] = [];
    const updated: { upstream: UpstreamEndpoint; endpoint: Endpoint }[] = [];
    for (const endpoint of table.endpoints) {
      const known = this.#members.get(endpoint.id);
      if (known !== undefined && isSamePlace(known.endpoint, endpoint)) {
        // Nearly all are as they were, of thousands in a table.
        if (known.endpoint !== endpoint) updated.push({ upstream: known, endpoint });
        members.set(endpoint.id, known);
      } else {
        const made = this.#options.create(endpoint, !this.#hasTable);
        added.push(made);
        members.set(endpoint.id, made);
      }
      if (isFull()) yield;
    }
    const removed: UpstreamEndpoint[] = [];
    for (const upstream of this.#members.values()) {
      if (members.get(upstream.id) !== upstream) removed.push(upstream);
      if (isFull()) yield;
    }
    return { table, members, added, updated, removed };
  }

  /** Picks by other rules; `refresh` then goes by them. */
  reconfigure(rules: BalancingRules): void {
    this.#rules = rules;
  }

  /**
   * Marks have changed: an ejection, a return, or an operator's word. They are read at the next pick, since of thousands
   * of endpoints many may change theirs before it.
   */
  refresh(): void {
    this.#version++;
  }

  /** The policy's choice among all, but none of `tried` while there is another. */
  pick(context: PickContext, tried: readonly string[]): UpstreamEndpoint | undefined {
    return this.subset(ALL_ENDPOINTS).pick(context, tried);
  }

  /** The ids of those that requests without a tag may go to now. */
  usableIds(): readonly string[] {
    return this.subset(ALL_ENDPOINTS).usableIds();
  }
}

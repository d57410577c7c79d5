// The endpoints of one service as requests meet them: kept in step with the endpoint table and with the marks of
// outlier detection, and picked from, all of them or those with a tag.

import type { PickContext } from '../balancer/policy.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { isSamePlace } from '../endpoint/endpoint.ts';
import type { EndpointPart } from '../endpoint/endpoint-part.ts';
import { isPartOf } from '../endpoint/endpoint-part.ts';
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

/** The parts of one service that keep a position of their own; a further one takes the place of the oldest. */
const MAX_PARTS = 64;

interface KnownPart {
  readonly part: EndpointPart;
  readonly subset: EndpointSubset;
  /** The `#version` that it was read at. */
  version: number;
}

export class EndpointSet {
  readonly #options: EndpointSetOptions;
  #rules: BalancingRules;
  #members = new Map<string, UpstreamEndpoint>();
  readonly #all: EndpointSubset;
  readonly #parts = new Map<string, KnownPart>();
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
    if (tag === undefined && near === undefined) return this.#all;
    // No key of a part holds a line break.
    const key = near === undefined ? (tag ?? '').toLowerCase() : `${tag?.toLowerCase() ?? ''}\n${near.key}`;
    const known = this.#parts.get(key) ?? this.#add(key, part);
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
    for (const [key, { part }] of this.#parts) {
      if (part.tag !== undefined && !this.hasTag(part.tag)) this.#parts.delete(key);
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

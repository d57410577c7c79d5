// What a service knows of its endpoints and how good that knowledge is: the table in force, where it comes from,
// when it was last confirmed, and what went wrong since.

import type { Clock } from '../core/clock.ts';
import type { Sliced } from '../core/slices.ts';
import { atOnce, inTurns, SLICED_FROM, sliceCounter } from '../core/slices.ts';
import type { EndpointSink } from '../discovery/source.ts';
import { forbiddenAddress } from '../endpoint/address-fault.ts';
import type { AddressRewriting } from '../endpoint/address-rewriting.ts';
import type { DiscoveryFailure, Provenance } from '../endpoint/discovery-state.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { EndpointTable, EndpointTableDiff, NextTable } from '../endpoint/endpoint-table.ts';
import { isEmptyDiff, nextTable } from '../endpoint/endpoint-table.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';

export interface EndpointFeedEvents {
  /** This table is about to be published, unless another takes its place: what takes long and is seen by nobody, in slices. */
  prepare?(table: EndpointTable): Sliced<void>;
  published(table: EndpointTable, diff: EndpointTableDiff, provenance: Provenance): void;
  failed(failure: DiscoveryFailure): void;
  recovered(): void;
}

/** How good the table in force is. */
export interface Freshness {
  readonly provenance: Provenance;
  /** Milliseconds since the source last said so; for a snapshot, since it was saved. */
  readonly ageMs: number;
  /** What keeps the source from confirming it; undefined while all is well. */
  readonly failure: DiscoveryFailure | undefined;
}

export class EndpointFeed implements EndpointSink {
  readonly #clock: Clock;
  #provenance: Provenance;
  readonly #events: EndpointFeedEvents;
  #table: EndpointTable | undefined;
  /** That of the table. */
  #current: Provenance;
  #confirmedAt = 0;
  #changedAtWall = 0;
  #failure: DiscoveryFailure | undefined;
  /** Those who wait for the first table; one that gives up leaves no trace. */
  readonly #waiting = new Set<() => void>();
  /** What was delivered last: the same array again confirms it. */
  #delivered: { readonly endpoints: readonly Endpoint[]; readonly provenance: Provenance } | undefined;
  /** Counts what was delivered or judged again: only the newest is put in force. */
  #newest = 0;
  /** Whether the newest is not in force yet. */
  #isUnderWay = false;
  #refusedMeanwhile = false;
  readonly #addresses: CallableAddresses | undefined;
  readonly #rewriting: AddressRewriting | undefined;
  /** Ids of remembered endpoints that refused; as many as are remembered at most. */
  readonly #refused = new Set<string>();

  /**
   * @param provenance that of the source's own results
   * @param addresses where nothing is called. Default: any address is
   * @param rewriting other places for what is discovered. Default: none
   */
  constructor(
    clock: Clock,
    provenance: Provenance,
    events: EndpointFeedEvents,
    addresses?: CallableAddresses,
    rewriting?: AddressRewriting,
  ) {
    this.#addresses = addresses;
    this.#rewriting = rewriting;
    this.#clock = clock;
    this.#provenance = provenance;
    this.#current = provenance;
    this.#events = events;
  }

  /** Undefined until the first result or snapshot. */
  get table(): EndpointTable | undefined {
    return this.#table;
  }

  /** Milliseconds since the Unix epoch: since when the table is as it is, as far as this process knows. */
  get changedAtWall(): number {
    return this.#changedAtWall;
  }

  /** Whether the source could not confirm the table the last time. */
  get failing(): boolean {
    return this.#failure !== undefined;
  }

  freshness(): Freshness {
    return {
      provenance: this.#current,
      // What the configuration says does not age.
      ageMs: this.#current === 'static' ? 0 : this.#clock.now() - this.#confirmedAt,
      failure: this.#failure,
    };
  }

  /**
   * Another source delivers from now on. Until its first result the table stays, with the state that it had.
   * @param provenance that of the new source's results
   */
  sourceReplaced(provenance: Provenance): void {
    this.#provenance = provenance;
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#events.recovered();
  }

  endpoints(endpoints: readonly Endpoint[], doubt?: DiscoveryFailure, ageMs = 0): void {
    this.#confirmedAt = this.#clock.now() - ageMs;
    if (doubt !== undefined) this.failed(doubt);
    else {
      this.#refused.clear();
      if (this.#failure !== undefined) {
        this.#failure = undefined;
        this.#events.recovered();
      }
    }
    this.#publish(endpoints, this.#provenance);
  }

  /** One that is only remembered refuses requests: it is not used any more, until the source lists it. */
  refused(id: string): void {
    const delivered = this.#delivered?.endpoints ?? [];
    if (!delivered.some((endpoint) => endpoint.id === id && endpoint.remembered === true)) return;
    this.#refused.add(id);
    // Many may refuse in a row: what is under way would never come to its end.
    if (this.#isUnderWay) this.#refusedMeanwhile = true;
    else this.judgeAgain();
  }

  /** Puts saved endpoints in force for as long as the source has delivered nothing. */
  restore(endpoints: readonly Endpoint[], ageMs: number): void {
    if (this.#delivered !== undefined) return;
    this.#confirmedAt = this.#clock.now() - ageMs;
    this.#publish(endpoints, 'snapshot');
  }

  failed(failure: DiscoveryFailure): void {
    this.#failure = failure;
    this.#events.failed(failure);
  }

  /** How many wait for the first table. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Resolves when there is a table, or after `timeoutMs`. */
  ready(timeoutMs: number): Promise<void> {
    if (this.#table !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        timeout.cancel();
        this.#waiting.delete(finish);
        resolve();
      };
      const timeout = this.#clock.schedule(timeoutMs, finish);
      this.#waiting.add(finish);
    });
  }

  #publish(endpoints: readonly Endpoint[], provenance: Provenance): void {
    const before = this.#delivered;
    this.#delivered = { endpoints, provenance };
    if (endpoints !== before?.endpoints || provenance !== before.provenance) this.judgeAgain();
  }

  /** Goes by other rules of where endpoints are and which addresses are called, from now on. */
  judgeAgain(): void {
    if (this.#delivered === undefined) return;
    const { endpoints, provenance } = this.#delivered;
    const number = ++this.#newest;
    this.#refusedMeanwhile = false;
    const work = this.#next(endpoints, provenance);
    this.#isUnderWay = Math.max(endpoints.length, this.#table?.endpoints.length ?? 0) >= SLICED_FROM;
    if (!this.#isUnderWay) {
      this.#putInForce(atOnce(work), provenance);
      return;
    }
    void inTurns(work, () => this.#newest === number).then((next) => {
      // Else a newer one is under way, or in force.
      if (next === undefined || this.#newest !== number) return;
      this.#isUnderWay = false;
      this.#putInForce(next, provenance);
      if (this.#refusedMeanwhile) this.judgeAgain();
    });
  }

  #withoutRefused(delivered: readonly Endpoint[]): readonly Endpoint[] {
    if (this.#refused.size === 0) return delivered;
    return delivered.filter(({ id, remembered }) => remembered !== true || !this.#refused.has(id));
  }

  *#next(delivered: readonly Endpoint[], provenance: Provenance): Sliced<NextTable> {
    const found = this.#withoutRefused(delivered);
    // The configuration says itself where its own endpoints are.
    const placed = provenance === 'static' ? found : (this.#rewriting?.apply(found) ?? found);
    const endpoints = yield* judged(placed, this.#addresses?.standing());
    const next = yield* nextTable(this.#table, endpoints);
    if (next.table !== this.#table && this.#events.prepare !== undefined) {
      yield* this.#events.prepare(next.table);
    }
    return next;
  }

  #putInForce({ table, diff }: NextTable, provenance: Provenance): void {
    const sameTable = this.#table !== undefined && isEmptyDiff(diff);
    const sameProvenance = this.#current === provenance;
    this.#current = provenance;
    if (sameTable && sameProvenance) return;
    if (!sameTable) this.#changedAtWall = this.#clock.wallTime();
    this.#table = table;
    this.#events.published(table, diff, provenance);
    for (const wake of [...this.#waiting]) wake();
  }
}

/** The same array unless one of them is not to be called. */
function* judged(
  endpoints: readonly Endpoint[],
  addresses: CallableAddresses | undefined,
): Sliced<readonly Endpoint[]> {
  if (addresses === undefined) return endpoints;
  const isFull = sliceCounter();
  let copy: Endpoint[] | undefined;
  for (const [index, endpoint] of endpoints.entries()) {
    if (isFull()) yield;
    const addressFault = endpoint.addressFault ?? forbiddenAddress(endpoint, addresses);
    if (addressFault === endpoint.addressFault) continue;
    copy ??= [...endpoints];
    copy[index] = { ...endpoint, addressFault };
  }
  return copy ?? endpoints;
}

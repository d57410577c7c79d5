// Endpoints that DNS lists, resolved again when the records' time to live is over.

import type { SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { fullJitterBackoff } from '../../core/backoff.ts';
import type { Clock } from '../../core/clock.ts';
import { codeOf, messageOf } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import { sleep } from '../../core/sleep.ts';
import type { Endpoint } from '../../endpoint/endpoint.ts';
import { authorityOf } from '../../endpoint/endpoint.ts';
import type { DnsOptions } from '../endpoint-options.ts';
import type { EndpointSink, EndpointSource } from '../source.ts';

export interface DnsSourceDependencies {
  readonly clock: Clock;
  readonly random: Random;
}

/** Records may say less or more; asking more often, or less, is of no use. Milliseconds. */
const SHORTEST_TTL_MS = 1_000;
const LONGEST_TTL_MS = 300_000;

/** node:dns does not tell the time to live of SRV records. */
const SRV_REFRESH_MS = 10_000;

/** Nor that of an answer without records (RFC 2308), and a service that has none yet is eagerly awaited. */
const EMPTY_REFRESH_MS = 5_000;

const ERROR_BACKOFF = { baseMs: 250, maxMs: 15_000 };

/** A list of targets may be long; this many are looked up at once. */
const CONCURRENT_LOOKUPS = 32;

/** The name exists without such records, or does not exist: an answer, not a fault. */
const EMPTY_CODES = new Set(['ENODATA', 'ENOTFOUND']);

/** No server has answered at all. */
const UNREACHABLE_CODES = new Set(['ETIMEOUT', 'ECONNREFUSED']);

interface Addresses {
  readonly addresses: readonly string[];
  readonly ttlMs: number;
}

interface Resolution {
  readonly endpoints: readonly Endpoint[];
  readonly ttlMs: number;
}

export class DnsSource implements EndpointSource {
  readonly #options: DnsOptions;
  readonly #dependencies: DnsSourceDependencies;
  readonly #stopped = new AbortController();
  #resolver = new Resolver();
  /** What the targets of the last SRV answer resolved to. */
  #targets: ReadonlyMap<string, Addresses> = new Map();

  constructor(options: DnsOptions, dependencies: DnsSourceDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  start(sink: EndpointSink): void {
    void this.#run(sink);
  }

  stop(): void {
    this.#stopped.abort();
    this.#resolver.cancel();
  }

  async #run(sink: EndpointSink): Promise<void> {
    const { clock, random } = this.#dependencies;
    const { name } = this.#options;
    const { signal } = this.#stopped;
    let failures = 0;
    let wasEmpty = false;
    while (!signal.aborted) {
      let delayMs: number;
      try {
        const { endpoints, ttlMs } = await this.#resolve();
        if (signal.aborted) return;
        // One empty answer may be a blip of the server; two in a row are its word.
        const isBlip = endpoints.length === 0 && !wasEmpty;
        wasEmpty = endpoints.length === 0;
        if (isBlip) sink.failed({ kind: 'suspicious_shrink', detail: `DNS has no records for ${name} now` });
        else sink.endpoints(endpoints);
        failures = 0;
        delayMs = isBlip ? SHORTEST_TTL_MS : ttlMs;
      } catch (error) {
        if (signal.aborted) return;
        const kind = UNREACHABLE_CODES.has(codeOf(error)) ? 'unreachable' : 'server_error';
        sink.failed({ kind, detail: `DNS for ${name}: ${messageOf(error)}` });
        wasEmpty = false;
        delayMs = fullJitterBackoff(failures++, ERROR_BACKOFF, random);
      }
      await sleep(clock, delayMs, signal);
    }
  }

  async #resolve(): Promise<Resolution> {
    const { name, server } = this.#options;
    // A new one each time reads what the system's servers are now: they change when a laptop changes its network.
    this.#resolver = new Resolver({ timeout: 2_000, tries: 2 });
    if (server !== undefined) this.#resolver.setServers([server]);
    if (this.#options.record === 'SRV') return this.#resolveTargets();
    const { port } = this.#options;
    const { addresses, ttlMs } = await this.#addresses(name);
    return { endpoints: addresses.map((address) => endpointAt(address, port, 1, address)), ttlMs };
  }

  async #resolveTargets(): Promise<Resolution> {
    const records = lowestPriority(await orEmpty(this.#resolver.resolveSrv(this.#options.name)));
    const names = [...new Set(records.map(({ name }) => name))];
    const targets = new Map<string, Addresses>();
    const faults: unknown[] = [];
    for (let from = 0; from < names.length; from += CONCURRENT_LOOKUPS) {
      const batch = names.slice(from, from + CONCURRENT_LOOKUPS);
      const looked = await Promise.allSettled(batch.map((name) => this.#addresses(name)));
      for (const [index, result] of looked.entries()) {
        const name = batch[index] ?? '';
        // A target that cannot be looked up keeps its addresses, and holds up no other.
        const found = result.status === 'fulfilled' ? result.value : this.#targets.get(name);
        if (found !== undefined) targets.set(name, found);
        if (result.status === 'rejected') faults.push(result.reason);
      }
    }
    const endpoints = records.flatMap(({ name, port, weight }) =>
      (targets.get(name)?.addresses ?? []).map((address) => endpointAt(address, port, weight || 1, name)),
    );
    if (endpoints.length === 0 && faults.length > 0) throw faults[0];
    this.#targets = targets;
    const ttlMs = Math.min(SRV_REFRESH_MS, ...[...targets.values()].map((target) => target.ttlMs));
    return { endpoints: [...new Map(endpoints.map((endpoint) => [endpoint.id, endpoint])).values()], ttlMs };
  }

  /** The IPv6 addresses count where there are no others: an instance with both is one instance. */
  async #addresses(name: string): Promise<Addresses> {
    let records = await orEmpty(this.#resolver.resolve4(name, { ttl: true }));
    if (records.length === 0) records = await orEmpty(this.#resolver.resolve6(name, { ttl: true }));
    if (records.length === 0) return { addresses: [], ttlMs: EMPTY_REFRESH_MS };
    const ttlMs = Math.min(LONGEST_TTL_MS, ...records.map(({ ttl }) => ttl * 1000));
    return {
      addresses: [...new Set(records.map(({ address }) => address))],
      ttlMs: Math.max(SHORTEST_TTL_MS, ttlMs),
    };
  }
}

function endpointAt(address: string, port: number, weight: number, node: string): Endpoint {
  return {
    id: authorityOf({ address, port }),
    address,
    port,
    health: 'passing',
    healthDetail: undefined,
    weight,
    tags: [],
    meta: {},
    node,
    datacenter: undefined,
  };
}

async function orEmpty<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer;
  } catch (error) {
    if (EMPTY_CODES.has(codeOf(error))) return [];
    throw error;
  }
}

/**
 * RFC 2782: targets of a higher number are for when none of a lower one can be reached, and the root as the target
 * says that there is no such service.
 */
function lowestPriority(records: readonly SrvRecord[]): SrvRecord[] {
  const lowest = Math.min(...records.map(({ priority }) => priority));
  return records.filter(({ priority, name }) => priority === lowest && name !== '' && name !== '..');
}

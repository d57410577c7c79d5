// Endpoints that DNS lists, resolved again when the records' time to live is over.

import type { SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { fullJitterBackoff } from '../core/backoff.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Random } from '../core/random.ts';
import { sleep } from '../core/sleep.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { authorityOf } from '../endpoint/endpoint.ts';
import type { DnsOptions } from './endpoint-options.ts';
import type { EndpointSink, EndpointSource } from './source.ts';

export interface DnsSourceDependencies {
  readonly clock: Clock;
  readonly random: Random;
}

/** Records may say less or more; asking more often, or less, helps nobody. Milliseconds. */
const SHORTEST_TTL_MS = 1_000;
const LONGEST_TTL_MS = 300_000;

/** node:dns does not tell the time to live of SRV records. */
const SRV_REFRESH_MS = 10_000;

const ERROR_BACKOFF = { baseMs: 250, maxMs: 15_000 };

/** The name exists without such records, or does not exist: an answer, not a fault. */
const EMPTY_CODES = new Set(['ENODATA', 'ENOTFOUND']);

interface Resolution {
  readonly endpoints: readonly Endpoint[];
  readonly ttlMs: number;
}

export class DnsSource implements EndpointSource {
  readonly #options: DnsOptions;
  readonly #dependencies: DnsSourceDependencies;
  readonly #resolver = new Resolver({ timeout: 2_000, tries: 2 });
  readonly #stopped = new AbortController();

  constructor(options: DnsOptions, dependencies: DnsSourceDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    if (options.server !== undefined) this.#resolver.setServers([options.server]);
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
        if (isBlip)
          sink.failed({ kind: 'suspicious_shrink', detail: `${this.#options.name} has no records now` });
        else sink.endpoints(endpoints);
        failures = 0;
        delayMs = isBlip ? SHORTEST_TTL_MS : ttlMs;
      } catch (error) {
        if (signal.aborted) return;
        sink.failed({ kind: 'unreachable', detail: `DNS for ${this.#options.name}: ${messageOf(error)}` });
        delayMs = fullJitterBackoff(failures++, ERROR_BACKOFF, random);
      }
      await sleep(clock, delayMs, signal);
    }
  }

  async #resolve(): Promise<Resolution> {
    const { name } = this.#options;
    if (this.#options.record === 'A') {
      const { port } = this.#options;
      const { addresses, ttlMs } = await this.#addresses(name);
      return { endpoints: addresses.map((address) => plainEndpoint(address, port)), ttlMs };
    }
    const targets = lowestPriority(await orEmpty(this.#resolver.resolveSrv(name)));
    const resolved = await Promise.all(
      targets.map(async (target) => {
        const { addresses } = await this.#addresses(target.name);
        return addresses.map((address) => plainEndpoint(address, target.port, Math.max(1, target.weight)));
      }),
    );
    const byId = new Map(resolved.flat().map((endpoint) => [endpoint.id, endpoint]));
    return { endpoints: [...byId.values()], ttlMs: SRV_REFRESH_MS };
  }

  async #addresses(name: string): Promise<{ readonly addresses: readonly string[]; readonly ttlMs: number }> {
    const [four, six] = await Promise.all([
      orEmpty(this.#resolver.resolve4(name, { ttl: true })),
      orEmpty(this.#resolver.resolve6(name, { ttl: true })),
    ]);
    const records = [...four, ...six];
    const ttlMs = Math.min(...records.map(({ ttl }) => ttl * 1000), LONGEST_TTL_MS);
    return {
      addresses: [...new Set(records.map(({ address }) => address))],
      ttlMs: Math.max(ttlMs, SHORTEST_TTL_MS),
    };
  }
}

function plainEndpoint(address: string, port: number, weight = 1): Endpoint {
  return {
    id: authorityOf({ address, port }),
    address,
    port,
    health: 'passing',
    healthDetail: undefined,
    weight,
    tags: [],
    meta: {},
    node: address,
    datacenter: undefined,
  };
}

async function orEmpty<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && 'code' in error && EMPTY_CODES.has(String(error.code))) return [];
    throw error;
  }
}

/** RFC 2782: targets of a higher number are for when none of a lower one can be reached. */
function lowestPriority(targets: readonly SrvRecord[]): SrvRecord[] {
  const lowest = Math.min(...targets.map(({ priority }) => priority));
  return targets.filter(({ priority }) => priority === lowest);
}

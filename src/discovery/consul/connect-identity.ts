// Who we are in Consul's service mesh and whom to trust there, followed for as long as the process runs: both are renewed
// by Consul while connections stand.

import { isDeepStrictEqual } from 'node:util';
import { sleep } from '../../core/sleep.ts';
import type { DiscoveryFailure } from '../../endpoint/discovery-state.ts';
import type { IdentitySource, TlsIdentity } from '../../net/tls/identity.ts';
import type { ConnectLeaf, ConnectRoots } from './connect-certificates.ts';
import { readLeaf, readRoots } from './connect-certificates.ts';
import type { ConsulWatchDependencies } from './consul-watch.ts';
import { ConsulWatch } from './consul-watch.ts';
import { namingRule } from './missing-rule.ts';

/** Which service's certificate is ours. */
export interface ConnectService {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly partition?: string | undefined;
}

export class ConnectIdentity implements IdentitySource {
  readonly #service: ConnectService;
  readonly #dependencies: ConsulWatchDependencies;
  readonly #listeners = new Set<() => void>();
  readonly #watches: readonly ConsulWatch[];
  readonly #firstWord = new AbortController();
  readonly #failures = new Map<string, string>();
  #roots: ConnectRoots | undefined;
  #leaf: ConnectLeaf | undefined;
  #identity: TlsIdentity | undefined;

  constructor(service: ConnectService, dependencies: ConsulWatchDependencies) {
    this.#service = service;
    this.#dependencies = dependencies;
    const { name, namespace, partition } = service;
    const scope = {
      ...(namespace === undefined ? {} : { ns: namespace }),
      ...(partition === undefined ? {} : { partition }),
    };
    this.#watches = [
      this.#watch('/agent/connect/ca/roots', {}, (body) => {
        this.#roots = readRoots(body);
        return this.#roots !== undefined;
      }),
      this.#watch(`/agent/connect/ca/leaf/${encodeURIComponent(name)}`, scope, (body) => {
        this.#leaf = readLeaf(body);
        return this.#leaf !== undefined;
      }),
    ];
  }

  /**
   * Begins to ask, and waits for the certificates or for why there are none yet. Never rejects.
   * @param withinMs milliseconds
   */
  async start(withinMs: number): Promise<void> {
    for (const watch of this.#watches) watch.start();
    await sleep(this.#dependencies.clock, withinMs, this.#firstWord.signal);
  }

  close(): void {
    for (const watch of this.#watches) watch.stop();
    this.#listeners.clear();
    this.#firstWord.abort();
  }

  current(): TlsIdentity | undefined {
    return this.#identity;
  }

  /** Why there is none, or none that is newer; undefined while Consul answers. */
  get failure(): string | undefined {
    return [...this.#failures.values()][0];
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
  }

  /** @param take returns whether the response could be read */
  #watch(path: string, parameters: Record<string, string>, take: (body: unknown) => boolean): ConsulWatch {
    return new ConsulWatch({ kind: 'connect', path, parameters }, this.#dependencies, {
      answered: async ({ body }) => {
        const [roots, leaf] = [this.#roots, this.#leaf];
        if (!take(body)) {
          // What was read before stays in use.
          [this.#roots, this.#leaf] = [roots, leaf];
          return { kind: 'malformed', detail: 'Consul answered something that is not a certificate' };
        }
        this.#failures.delete(path);
        this.#combine();
        return undefined;
      },
      failed: (failure) => this.#failed(path, failure),
    });
  }

  /** Roots need no right. */
  #textOf(failure: DiscoveryFailure): string {
    return namingRule(failure, `service "${this.#service.name}" { policy = "write" }`);
  }

  #failed(path: string, failure: DiscoveryFailure): void {
    const detail = this.#textOf(failure);
    const { logger } = this.#dependencies;
    const { name } = this.#service;
    if (this.#failures.get(path) !== detail) {
      const now = this.#identity === undefined ? 'there is none yet' : 'the present one stays in use';
      logger.warn({ service: name }, `the certificate of ${name} for Consul Connect: ${detail}; ${now}`);
    }
    this.#failures.set(path, detail);
    this.#firstWord.abort();
  }

  #combine(): void {
    if (this.#roots === undefined || this.#leaf === undefined) return;
    const { logger } = this.#dependencies;
    const { name } = this.#service;
    const { authorities, trustDomain } = this.#roots;
    const next = { authorities, trustDomain, ...this.#leaf };
    this.#firstWord.abort();
    if (isDeepStrictEqual(next, this.#identity)) return;
    this.#identity = next;
    const until = new Date(next.expiresAt).toISOString();
    logger.info(
      { service: name, until, roots: authorities.length },
      `Consul Connect: new connections show the certificate of ${name} that is valid until ${until}`,
    );
    for (const changed of this.#listeners) changed();
  }
}

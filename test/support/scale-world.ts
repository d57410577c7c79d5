// A registry with many services, and with registrations that keep changing: what an ambassador has to follow in a
// large installation. The instances are catalog entries on nodes of their own, which no agent takes back.

import type { Random } from '../../src/core/random.ts';
import type { ConsulAgent } from './consul-agent.ts';

export interface ScaleWorldOptions {
  readonly services: number;
  readonly endpointsPerService: number;
  /** Where every instance answers. */
  readonly port: number;
  /** What their names begin with. Default: `service`. */
  readonly prefix?: string;
  /** Each instance has a passing check, as nearly every one in the world has. Default false. */
  readonly checked?: boolean;
}

/** One more instance than the others have, or one less: where it is, and whether it is there. */
interface Registration {
  readonly service: string;
  readonly id: string;
  readonly node: string;
}

/** The most operations that Consul takes in one transaction. */
const BATCH = 64;

/** How many instances of a service come and go, beside those that stay. */
const FICKLE = 5;

const TICK_MS = 50;

export class ScaleWorld {
  readonly #consul: ConsulAgent;
  readonly #options: ScaleWorldOptions;
  readonly #instances = new Map<string, Set<string>>();

  constructor(consul: ConsulAgent, options: ScaleWorldOptions) {
    this.#consul = consul;
    this.#options = options;
  }

  get names(): readonly string[] {
    const { services, prefix = 'service' } = this.#options;
    return Array.from({ length: services }, (_, i) => `${prefix}-${i}`);
  }

  /** Ids of the instances that the service has now. */
  instancesOf(service: string): readonly string[] {
    return [...(this.#instances.get(service) ?? [])].sort();
  }

  /** Registers every instance of every service. */
  async register(): Promise<void> {
    const { endpointsPerService } = this.#options;
    const nodes = Array.from({ length: endpointsPerService }, (_, i) => `host-${i}`);
    const setNode = (Node: string) => ({ Node: { Verb: 'set', Node: { Node, Address: '127.0.0.1' } } });
    await this.#transact([...nodes, 'host-fickle'].map(setNode));
    const all = this.names.flatMap((service) =>
      nodes.map((node, i): Registration => ({ service, id: `${service}-${i}`, node })),
    );
    await this.#transact(all.flatMap((registration) => this.#set(registration)));
  }

  /** Registers and deregisters instances of these services at this rate for so long. */
  async churn(
    services: readonly string[],
    { perSecond, seconds, random }: { perSecond: number; seconds: number; random: Random },
  ): Promise<void> {
    const startedAt = performance.now();
    const total = perSecond * seconds;
    for (let done = 0; done < total; ) {
      const due = Math.min(total, Math.floor(((performance.now() - startedAt) / 1_000) * perSecond));
      for (; done < due; done++) {
        const service = services[Math.floor(random() * services.length)] ?? '';
        const id = `${service}-fickle-${Math.floor(random() * FICKLE)}`;
        await this.#toggle({ service, id, node: 'host-fickle' });
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  async #toggle(registration: Registration): Promise<void> {
    const { service, id, node } = registration;
    if (this.#instances.get(service)?.delete(id) === true) {
      await this.#transact([
        { Service: { Verb: 'delete', Node: node, Service: { ID: id, Service: service } } },
      ]);
    } else {
      await this.#transact(this.#set(registration));
    }
  }

  #set({ service, id, node }: Registration): readonly unknown[] {
    const instances = this.#instances.get(service) ?? new Set();
    this.#instances.set(service, instances.add(id));
    const Service = { ID: id, Service: service, Address: '127.0.0.1', Port: this.#options.port };
    const set = { Service: { Verb: 'set', Node: node, Service } };
    if (this.#options.checked !== true) return [set];
    const Check = {
      Node: node,
      CheckID: `service:${id}`,
      Name: `Service '${service}' check`,
      Status: 'passing',
      Output: 'HTTP GET http://127.0.0.1:8080/health: 200 OK Output: ok',
      ServiceID: id,
    };
    return [set, { Check: { Verb: 'set', Check } }];
  }

  async #transact(operations: readonly unknown[]): Promise<void> {
    for (let i = 0; i < operations.length; i += BATCH) {
      await this.#consul.request('PUT', '/v1/txn', operations.slice(i, i + BATCH));
    }
  }
}

// Everything around the ambassador in the demo: Consul and the instances of the sample services.

import { findConsul } from './consul-binary.ts';
import { ConsulProcess } from './consul-process.ts';
import type { SampleProtocol } from './register.ts';
import { countPassing, registerSample } from './register.ts';
import type { SampleProcess } from './sample-process.ts';
import { startSampleProcess } from './sample-process.ts';
import { waitFor } from './wait.ts';

export interface DemoService {
  readonly name: string;
  readonly instances: number;
  readonly protocol: SampleProtocol;
  /** A path whose response names the instance; a service that speaks gRPC is called by it in JSON. */
  readonly path: string;
}

export const DEMO_SERVICES: readonly DemoService[] = [
  { name: 'payments', instances: 3, protocol: 'http', path: '/hello' },
  { name: 'fraud', instances: 2, protocol: 'http', path: '/hello' },
  { name: 'inventory', instances: 2, protocol: 'http', path: '/hello' },
  { name: 'ledger', instances: 2, protocol: 'grpc', path: '/v1/accounts/alice' },
];

const PASSING_TIMEOUT_MS = 15_000;

export interface DemoInstance {
  readonly service: string;
  readonly id: string;
  readonly pid: number;
  readonly port: number;
}

export interface DemoWorldOptions {
  readonly print: (line: string) => void;
  /** Called when an instance ended that was not ended here. */
  readonly onLost?: (instance: DemoInstance) => void;
}

interface Running {
  readonly instance: DemoInstance;
  readonly process: SampleProcess;
}

export class DemoWorld {
  readonly #consul: ConsulProcess;
  readonly #options: DemoWorldOptions;
  readonly #running = new Map<string, Running>();
  #disposed = false;

  private constructor(consul: ConsulProcess, options: DemoWorldOptions) {
    this.#consul = consul;
    this.#options = options;
  }

  /** Returns once Consul finds every instance passing. */
  static async start(options: DemoWorldOptions): Promise<DemoWorld> {
    const binary = await findConsul({ log: options.print });
    const world = new DemoWorld(await ConsulProcess.launch({ binary }), options);
    try {
      for (const { name, instances } of DEMO_SERVICES) {
        await Promise.all(
          Array.from({ length: instances }, (_, index) => world.#add(name, `${name}-${index + 1}`)),
        );
      }
      await world.#allPassing();
      return world;
    } catch (error) {
      await world.dispose();
      throw error;
    }
  }

  get consulAddress(): string {
    return this.#consul.address;
  }

  /** Those that run now, sorted by id. */
  get instances(): readonly DemoInstance[] {
    return [...this.#running.values()]
      .map(({ instance }) => instance)
      .toSorted((a, b) => a.id.localeCompare(b.id));
  }

  /** Ends one instance at once without deregistering it: Consul finds out by its check. */
  async kill(id: string): Promise<DemoInstance> {
    const running = this.#running.get(id);
    if (running === undefined) throw new Error(`no instance ${id} runs`);
    this.#running.delete(id);
    await running.process.kill();
    return running.instance;
  }

  /** Starts an instance that ended again, under the same id and on a new port. */
  async revive(service: string, id: string): Promise<DemoInstance> {
    const instance = await this.#add(service, id);
    await this.#allPassing();
    return instance;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const running = [...this.#running.values()];
    this.#running.clear();
    await Promise.all(running.map(({ process }) => process.kill()));
    await this.#consul.dispose();
  }

  async #add(service: string, id: string): Promise<DemoInstance> {
    const { protocol = 'http' } = DEMO_SERVICES.find(({ name }) => name === service) ?? {};
    const process = await startSampleProcess(service, id, protocol);
    if (this.#disposed) {
      await process.kill();
      throw new Error('the demo is ending');
    }
    const instance = { service, id, pid: process.pid, port: process.port };
    const running = { instance, process };
    this.#running.set(id, running);
    void process.ended.then(() => {
      if (this.#running.get(id) !== running) return;
      this.#running.delete(id);
      this.#options.onLost?.(instance);
    });
    await registerSample(this.consulAddress, { ...instance, protocol });
    return instance;
  }

  async #allPassing(): Promise<void> {
    await waitFor('Consul to find every sample service passing', PASSING_TIMEOUT_MS, async () => {
      for (const { name } of DEMO_SERVICES) {
        const expected = this.instances.filter(({ service }) => service === name).length;
        if ((await countPassing(this.consulAddress, name)) < expected) return undefined;
      }
      return true;
    });
  }
}

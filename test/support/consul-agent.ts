// A real Consul agent for one test, with the calls that tests need to change what it knows.

import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import { findConsul } from '../../src/demo/consul-binary.ts';
import { isAtLeast } from '../../src/demo/consul-config.ts';
import { ConsulProcess } from '../../src/demo/consul-process.ts';
import { eventually } from './eventually.ts';

/** The status of a TTL check as Consul names it. */
export type CheckStatus = 'passing' | 'warning' | 'critical';

export interface ServiceRegistration {
  readonly name: string;
  /** Default: the name. */
  readonly id?: string;
  /** Default 127.0.0.1. */
  readonly address?: string;
  readonly port: number;
  readonly tags?: readonly string[];
  readonly meta?: Readonly<Record<string, string>>;
  readonly weights?: { readonly passing: number; readonly warning: number };
  /** The first status of its TTL check, which `setCheck` changes; 'none' registers no check. Default passing. */
  readonly status?: CheckStatus | 'none';
  /** More of Consul's own registration keys (`Check`, `Connect`, `EnableTagOverride`). */
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface ConsulAgentOptions {
  /** Survives `kill` and `restart({ keepData: true })` with its data. Costs over a second per start. Default false. */
  readonly keepsData?: boolean;
  /** Turns on ACLs, denying by default; `token` may do everything. Default false. */
  readonly acl?: boolean;
  readonly dns?: boolean;
  /** Can be joined with agents of other datacenters, on loopback. Default false. */
  readonly wan?: boolean;
  readonly config?: Readonly<Record<string, unknown>>;
}

const MANAGEMENT_TOKEN = '00000000-0000-4000-8000-00000000a11c';

export class ConsulAgent {
  readonly token: string | undefined;
  readonly #process: ConsulProcess;

  constructor(process: ConsulProcess, token: string | undefined) {
    this.#process = process;
    this.token = token;
  }

  get address(): string {
    return this.#process.address;
  }

  /** Undefined while it does not run. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  get dnsPort(): number {
    return this.#process.ports.dns;
  }

  get wanPort(): number {
    return this.#process.ports.serfWan;
  }

  get lanPort(): number {
    return this.#process.ports.serfLan;
  }

  get serverPort(): number {
    return this.#process.ports.server;
  }

  get log(): string {
    return this.#process.log;
  }

  /** Asks Consul's HTTP API, with the management token when there is one. */
  async request(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.address}${path}`, {
      method,
      headers: this.token === undefined ? {} : { 'x-consul-token': this.token },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Consul answered ${response.status} to ${method} ${path}: ${text}`);
    return text === '' || !response.headers.get('content-type')?.includes('json') ? text : JSON.parse(text);
  }

  /** Registers the service and returns when the catalog has it. */
  async register(service: ServiceRegistration): Promise<void> {
    const id = service.id ?? service.name;
    const status = service.status ?? 'passing';
    const check =
      status === 'none' ? {} : { Check: { CheckID: `check:${id}`, Name: 'test', TTL: '1h', Status: status } };
    await this.request('PUT', '/v1/agent/service/register?replace-existing-checks=true', {
      Name: service.name,
      ID: id,
      Address: service.address ?? '127.0.0.1',
      Port: service.port,
      Tags: service.tags ?? [],
      Meta: service.meta ?? {},
      ...(service.weights === undefined
        ? {}
        : { Weights: { Passing: service.weights.passing, Warning: service.weights.warning } }),
      ...check,
      ...service.extra,
    });
    // The agent tells the catalog a moment later by itself.
    await eventually(async () => {
      const known = await this.request('GET', `/v1/catalog/service/${encodeURIComponent(service.name)}`);
      if (!JSON.stringify(known).includes(`"ServiceID":${JSON.stringify(id)}`)) {
        throw new Error(`${id} is not in the catalog yet`);
      }
    });
  }

  async deregister(id: string): Promise<void> {
    await this.request('PUT', `/v1/agent/service/deregister/${encodeURIComponent(id)}`);
  }

  /** Sets the TTL check that `register` made. */
  async setCheck(id: string, status: CheckStatus, output = ''): Promise<void> {
    await this.request('PUT', `/v1/agent/check/update/${encodeURIComponent(`check:${id}`)}`, {
      Status: status,
      Output: output,
    });
  }

  /** Puts one service instance into maintenance, or takes it out. */
  async setMaintenance(id: string, enable: boolean, reason = 'test'): Promise<void> {
    const query = new URLSearchParams({ enable: String(enable), reason });
    await this.request('PUT', `/v1/agent/service/maintenance/${encodeURIComponent(id)}?${query}`);
  }

  /** Makes it stop answering while its ports stay open (SIGSTOP). */
  pause(): void {
    this.#process.suspend();
  }

  resume(): void {
    this.#process.resume();
  }

  /** Ends it at once, as a crash would; `restart` brings it back on the same address. */
  async kill(): Promise<void> {
    await this.#process.kill();
  }

  /** Lets it shut down in order. */
  async stop(): Promise<void> {
    await this.#process.stop();
  }

  /**
   * Kills it if it runs and starts it on the same address.
   * @param options.keepData false starts it empty; true needs an agent made with `keepsData`
   */
  async restart(options: { readonly keepData: boolean }): Promise<void> {
    await this.#process.kill();
    if (!options.keepData) this.#process.wipe();
    await this.#process.start();
    await this.settled();
  }

  /** Returns when the token works: ACLs are set up a moment after there is a leader. */
  async settled(): Promise<void> {
    if (this.token !== undefined) await eventually(() => this.request('GET', '/v1/acl/token/self'));
  }
}

/** Starts an agent that ends with the test (or suite) `t`. */
export async function startConsulAgent(
  t: Pick<TestContext, 'after'>,
  options: ConsulAgentOptions = {},
): Promise<ConsulAgent> {
  const binary = await findConsul();
  const token = options.acl === true ? MANAGEMENT_TOKEN : undefined;
  const management = isAtLeast(binary.version, 1, 11) ? 'initial_management' : 'master';
  const acl = {
    acl: { enabled: true, default_policy: 'deny', tokens: { [management]: token, agent: token } },
  };
  const process = await ConsulProcess.launch({
    binary,
    keepsData: options.keepsData ?? false,
    dns: options.dns ?? false,
    wan: options.wan ?? false,
    config: { ...(token === undefined ? {} : acl), ...options.config },
  });
  t.after(() => process.dispose());
  const agent = new ConsulAgent(process, token);
  await agent.settled();
  return agent;
}

export interface AclToken {
  readonly secret: string;
  readonly accessor: string;
}

/** A new token of an agent with ACLs that may do what the rules say, and no more. */
export async function tokenWith(agent: ConsulAgent, rules: string): Promise<AclToken> {
  const name = `test-${randomUUID()}`;
  await agent.request('PUT', '/v1/acl/policy', { Name: name, Rules: rules });
  const token = await agent.request('PUT', '/v1/acl/token', { Policies: [{ Name: name }] });
  const { SecretID: secret, AccessorID: accessor } = token as {
    readonly SecretID: string;
    readonly AccessorID: string;
  };
  return { secret, accessor };
}

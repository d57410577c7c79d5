// What is asked of the agent for one instance. Source: Consul docs, agent HTTP API, services and checks.

import type { ConsulAnswer, ConsulClient } from '../discovery/consul/consul-client.ts';
import type { Seen } from './life-signs.ts';
import type { RegistrationBody } from './registration-body.ts';

export type AgentClient = Pick<ConsulClient, 'get' | 'put'>;

export interface AgentScope {
  readonly namespace?: string | undefined;
  readonly partition?: string | undefined;
}

/** Since the agent answers from its own memory, except for a registration that waits for a server's ACLs. */
const TIMEOUT_MS = 10_000;

const WAIT_SECONDS = 55;

export class AgentRegistry {
  readonly #client: AgentClient;
  readonly #scope: Readonly<Record<string, string>>;
  readonly #signal: AbortSignal;

  /** @param signal ends commands, which the agent may then have carried out or not */
  constructor(client: AgentClient, { namespace, partition }: AgentScope, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
    this.#scope = {
      ...(namespace === undefined ? {} : { ns: namespace }),
      ...(partition === undefined ? {} : { partition }),
    };
  }

  register(body: RegistrationBody): Promise<ConsulAnswer> {
    return this.#put('service/register', { 'replace-existing-checks': 'true' }, body);
  }

  deregister(id: string, timeoutMs: number): Promise<ConsulAnswer> {
    return this.#put(`service/deregister/${encodeURIComponent(id)}`, {}, undefined, timeoutMs);
  }

  maintain(id: string, reason: string): Promise<ConsulAnswer> {
    return this.#put(`service/maintenance/${encodeURIComponent(id)}`, { enable: 'true', reason });
  }

  report(checkId: string, { status, output }: Seen): Promise<ConsulAnswer> {
    return this.#put(`check/update/${encodeURIComponent(checkId)}`, {}, { Status: status, Output: output });
  }

  /** Answered at once without a hash, else when the registration is another or gone (404), or after a while. */
  look(id: string, hash: string | undefined, signal: AbortSignal): Promise<ConsulAnswer> {
    return this.#client.get({
      kind: 'registration',
      path: `/agent/service/${encodeURIComponent(id)}`,
      parameters: { ...this.#scope, ...(hash === undefined ? {} : { hash, wait: `${WAIT_SECONDS}s` }) },
      timeoutMs: TIMEOUT_MS + (hash === undefined ? 0 : WAIT_SECONDS * 1_100),
      signal,
    });
  }

  #put(
    path: string,
    parameters: Readonly<Record<string, string>>,
    body?: unknown,
    timeoutMs = TIMEOUT_MS,
  ): Promise<ConsulAnswer> {
    return this.#client.put({
      kind: 'registration',
      path: `/agent/${path}`,
      parameters: { ...this.#scope, ...parameters },
      body,
      timeoutMs,
      signal: this.#signal,
    });
  }
}

// The connections to the agent, each kept for the next question.

import type { ClientRequest, RequestOptions } from 'node:http';
import { Agent, request, requestSecurely, SecureAgent } from '../../http/node-http.ts';
import type { ConsulTls, ConsulTlsSettings } from './consul-tls.ts';

export class ConsulConnections {
  readonly #tls: ConsulTls | undefined;
  #made: ConsulTlsSettings | undefined;
  #agent: InstanceType<typeof Agent>;

  /** @param tls undefined: in the clear */
  constructor(tls: ConsulTls | undefined) {
    this.#tls = tls;
    this.#agent = new Agent({ keepAlive: true });
  }

  /**
   * Where certificates were exchanged, later questions go over new connections; those before end with what they carry.
   * @throws Error when there is nothing to connect with
   */
  renew(): void {
    const settings = this.#tls?.current();
    if (settings === this.#made) return;
    endWhenIdle(this.#agent);
    this.#agent = new SecureAgent({ keepAlive: true });
    this.#made = settings;
  }

  request({ hostname, ...options }: RequestOptions): ClientRequest {
    const send = this.#made === undefined ? request : requestSecurely;
    return send({
      ...options,
      ...this.#made,
      agent: this.#agent,
      // An IPv6 address is left in its brackets, which no resolver knows.
      hostname: hostname?.replace(/^\[(.*)\]$/, '$1'),
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function endWhenIdle(agent: InstanceType<typeof Agent>): void {
  agent.maxFreeSockets = 0;
  for (const idle of Object.values(agent.freeSockets)) for (const socket of idle ?? []) socket.destroy();
}

// Carries exchanges: each becomes a request of the kind that it is.

import type { Exchange } from '../http/exchange.ts';
import { fieldValue } from '../http/fields.ts';
import { Activity } from './activity.ts';
import { ConnectRequest } from './connect.ts';
import type { ForwarderDependencies } from './dependencies.ts';
import { DirectRequest } from './direct-request.ts';
import type { DirectDestination } from './forward-proxy.ts';
import { ForwardedRequest } from './forwarded-request.ts';
import type { Tunnel } from './tunnel.ts';

/** Carries exchanges. One per process; each request is an object of its own. */
export class Forwarder {
  /** Shared with what is under way beside requests. */
  readonly activity: Activity;
  readonly #dependencies: ForwarderDependencies;
  readonly #tunnels = new Set<Tunnel>();

  constructor(dependencies: ForwarderDependencies) {
    this.#dependencies = dependencies;
    this.activity = new Activity(dependencies.clock);
  }

  /** Requests under way, tunnels among them, and connections to services that are called over TCP. */
  get active(): number {
    return this.activity.active;
  }

  /** Never rejects: every fault becomes the response. */
  forward(exchange: Exchange): void {
    this.activity.begin();
    const done = (): void => this.activity.end();
    void this.#requestFor(exchange, done).run();
  }

  #requestFor(exchange: Exchange, done: () => void): { run(): void | Promise<void> } {
    const { method, target } = exchange.head;
    if (method === 'CONNECT') return new ConnectRequest(exchange, this.#dependencies, done);
    const direct = target.startsWith('/') ? undefined : this.#directDestination(exchange);
    return direct === undefined
      ? new ForwardedRequest(exchange, this.#dependencies, this.#tunnels, done)
      : new DirectRequest(exchange, direct, this.#dependencies, done);
  }

  /** Where a request in absolute form goes when that is no service. */
  #directDestination({ head, listenerService, tunnelAuthority }: Exchange): DirectDestination | undefined {
    const isNamed =
      listenerService !== undefined ||
      tunnelAuthority !== undefined ||
      fieldValue(head.fields, 'x-ambassador-service') !== undefined;
    if (isNamed || head.authority === undefined || !/^http:/i.test(head.target)) return undefined;
    return this.#dependencies.forwardProxy.directDestination(head.authority, 80);
  }

  /** Has both sides of every WebSocket that is open now close it, since this process is about to end. */
  goAway(): void {
    for (const tunnel of this.#tunnels) tunnel.goAway();
  }
}

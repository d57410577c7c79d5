// One endpoint as its service uses it: what discovery says of it, and what this process knows beside that.

import { PeakEwma } from '../balancer/latency.ts';
import type { Candidate } from '../balancer/policy.ts';
import type { SlowStart } from '../balancer/slow-start.ts';
import { slowStartRamp } from '../balancer/slow-start.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { EndpointConnections } from '../http/attempt.ts';
import { OutlierHost } from '../outlier/host.ts';

export interface UpstreamEndpointOptions {
  readonly connections: EndpointConnections;
  readonly slowStart: SlowStart;
  readonly decayMs: number;
  /** Milliseconds since the Unix epoch when it was first seen. */
  readonly seenAt: number;
  /** Monotonic milliseconds when it joined a service that others were serving; undefined for the first ones. */
  readonly joinedAt: number | undefined;
}

export class UpstreamEndpoint implements Candidate {
  readonly id: string;
  readonly latency: PeakEwma;
  readonly outlier: OutlierHost;
  /** Milliseconds since the Unix epoch: since when discovery calls it what it calls it, as far as is known here. */
  healthSince: number;
  /** The latest that discovery says; same id, address and port for the life of this object. */
  endpoint: Endpoint;
  inFlight = 0;
  /** Set by an operator: no new requests, whatever discovery says. */
  drained = false;
  /** Where its next attempts go; those under way stay where they are. */
  connections: EndpointConnections;
  slowStart: SlowStart;
  readonly #joinedAt: number | undefined;

  constructor(endpoint: Endpoint, options: UpstreamEndpointOptions) {
    this.id = endpoint.id;
    this.endpoint = endpoint;
    this.healthSince = options.seenAt;
    this.connections = options.connections;
    this.latency = new PeakEwma(options.decayMs);
    this.outlier = new OutlierHost(endpoint.id);
    this.slowStart = options.slowStart;
    this.#joinedAt = options.joinedAt;
  }

  /** @param now milliseconds since the Unix epoch */
  update(endpoint: Endpoint, now: number): void {
    if (endpoint.health !== this.endpoint.health) this.healthSince = now;
    this.endpoint = endpoint;
  }

  get weight(): number {
    return this.endpoint.weight;
  }

  latencyMs(now: number): number {
    return this.latency.latencyMs(now);
  }

  rampUp(now: number): number {
    const { state } = this.outlier;
    const since = (state.kind === 'available' ? state.returnedAt : undefined) ?? this.#joinedAt;
    return since === undefined ? 1 : slowStartRamp(now - since, this.slowStart);
  }
}

// One endpoint as its service uses it: what discovery says of it, and what this process knows beside that.

import { LatencyEstimate } from '../balancer/latency-estimate.ts';
import { LatencySamples } from '../balancer/latency-samples.ts';
import type { Candidate } from '../balancer/policy.ts';
import { RecentFailures } from '../balancer/recent-failures.ts';
import { RequestedPause } from '../balancer/requested-pause.ts';
import type { SlowStart } from '../balancer/slow-start.ts';
import { slowStartRamp } from '../balancer/slow-start.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { EndpointConnections, Transport, TransportFailure } from '../http/attempt.ts';
import { OutlierHost } from '../outlier/host.ts';
import type { CheckResult } from './health/check-result.ts';
import { RecentOutcomes } from './recent-outcomes.ts';
import type { TcpConnections } from './tcp-transport.ts';

export interface UpstreamEndpointOptions {
  /** Makes its connections, when the first attempt goes there. */
  readonly transport: Pick<Transport, 'connect' | 'dialer'>;
  /** No connection could be made, after everything that waited for it has been given up. */
  readonly unreached: (failure: TransportFailure) => void;
  readonly slowStart: SlowStart;
  /** Milliseconds without a request after which what was measured no longer counts for the balancer. */
  readonly latencyDecayMs: number;
  /** Milliseconds since the Unix epoch when it was first seen. */
  readonly seenAt: number;
  /** Monotonic milliseconds when it joined a service that others were serving; undefined for the first ones. */
  readonly joinedAt: number | undefined;
}

export class UpstreamEndpoint implements Candidate {
  readonly id: string;
  readonly latency: LatencyEstimate;
  readonly outlier: OutlierHost;
  /** For people: why it is refused or out. */
  readonly outcomes = new RecentOutcomes();
  /** Milliseconds since the Unix epoch: since when discovery calls it what it calls it, as far as is known here. */
  healthSince: number;
  /** The latest that discovery says; same id, address and port for the life of this object. */
  endpoint: Endpoint;
  inFlight = 0;
  /** What its last health check came to; undefined while it has none. */
  lastCheck: Exclude<CheckResult, { kind: 'none' }> | undefined;
  /** Set by an operator: no new requests, whatever discovery says. */
  drained = false;
  /** Discovery does not list it any more: it is shown while attempts are under way there, and gets no new ones. */
  deregistered = false;
  /** Plain ones beside those, for the tunnels of clients; undefined until there was one. */
  tunnels: TcpConnections | undefined;
  slowStart: SlowStart;
  readonly #unreached: (failure: TransportFailure) => void;
  #transport: Pick<Transport, 'connect' | 'dialer'>;
  /** Of thousands of endpoints few are called: undefined until one is. */
  #connections: EndpointConnections | undefined;
  #closed = false;
  readonly #joinedAt: number | undefined;
  readonly #measured = new LatencySamples();
  readonly #failures = new RecentFailures();
  readonly #pause = new RequestedPause();

  constructor(endpoint: Endpoint, options: UpstreamEndpointOptions) {
    this.id = endpoint.id;
    this.endpoint = endpoint;
    this.healthSince = options.seenAt;
    this.#unreached = options.unreached;
    this.#transport = options.transport;
    this.latency = new LatencyEstimate(options.latencyDecayMs);
    this.outlier = new OutlierHost(endpoint.id);
    this.slowStart = options.slowStart;
    this.#joinedAt = options.joinedAt;
  }

  /** @param now milliseconds since the Unix epoch */
  update(endpoint: Endpoint, now: number): void {
    if (endpoint.health !== this.endpoint.health) this.healthSince = now;
    this.endpoint = endpoint;
  }

  /** Where its next attempts go; those under way stay where they are. */
  get connections(): EndpointConnections {
    if (this.#connections === undefined) {
      this.#connections = this.#transport.connect(this.endpoint, this.#unreached);
      if (this.#closed) this.#connections.close();
    }
    return this.#connections;
  }

  /** New attempts go over new connections; those under way finish where they are. */
  reconnect(transport: Pick<Transport, 'connect' | 'dialer'>): void {
    const replaced = this.#connections;
    this.#transport = transport;
    this.#connections = undefined;
    replaced?.close();
  }

  /** Attempts under way finish, but no new ones begin. */
  close(): void {
    this.#closed = true;
    this.#connections?.close();
  }

  /** Whether it is called over TLS. */
  get secure(): boolean {
    return this.#transport.dialer.isSecure(this.endpoint);
  }

  /** Taken out by outlier detection or an operator, for now. */
  get ejected(): boolean {
    return this.outlier.state.kind !== 'available';
  }

  get weight(): number {
    return this.endpoint.weight;
  }

  /** A sound response came, this many milliseconds after its request was sent. @param now monotonic, here and below */
  responded(latencyMs: number, now: number): void {
    this.latency.observe(latencyMs, now);
    this.#measured.record(latencyMs, now);
    this.#pause.responded(now - latencyMs);
  }

  /** An attempt failed or was refused. @param retryAfterMs what a refusal asks for; undefined when that is nothing */
  failed(now: number, retryAfterMs?: number | undefined): void {
    this.#failures.record(this.latency.expectedMs(now) ?? 0, now);
    if (retryAfterMs !== undefined) this.#pause.ask(retryAfterMs, now);
  }

  /** The median of what was measured lately, in milliseconds; undefined when that is nothing. */
  medianLatencyMs(now: number): number | undefined {
    return this.#measured.medianMs(now);
  }

  expectedMs(now: number): number | undefined {
    return this.latency.expectedMs(now);
  }

  recentFailures(now: number): number {
    return this.#failures.places(now);
  }

  pauseMs(now: number): number {
    return this.#pause.remainingMs(now);
  }

  rampUp(now: number): number {
    const { state } = this.outlier;
    const since = (state.kind === 'available' ? state.returnedAt : undefined) ?? this.#joinedAt;
    return since === undefined ? 1 : slowStartRamp(now - since, this.slowStart);
  }
}

// One connection of a service that is called over TCP: the circuit is asked, endpoints are tried one after the other
// until one can be connected to, and what became of it is given back to both.

import type { Clock } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';
import type { CompleteObserver } from '../core/events.ts';
import { counted } from '../core/in-words.ts';
import type { Outcome } from '../core/outcome.ts';
import { localOutcome, NEUTRAL_OUTCOME } from '../core/outcome.ts';
import type { Random } from '../core/random.ts';
import type { AttemptFacts } from '../core/request-facts.ts';
import { authorityOf } from '../endpoint/endpoint.ts';
import type { TransportFailure } from '../http/attempt.ts';
import type { Dialer } from '../net/dial.ts';
import type { Permit } from '../policy/breaker/circuit-breaker.ts';
import { circuitRefusal } from '../policy/breaker/circuit-breaker-stage.ts';
import type { AttemptOutcome } from '../policy/breaker/endpoint-evidence.ts';
import type { Call } from '../policy/call.ts';
import { isEnforced } from '../policy/enforcement.ts';
import type { EndpointStream } from '../upstream/endpoint-stream.ts';
import { Lease } from '../upstream/lease.ts';
import { TcpConnections } from '../upstream/tcp-transport.ts';
import type { UpstreamEndpoint } from '../upstream/upstream-endpoint.ts';
import type { Service } from './service.ts';

export interface TcpConnectDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: CompleteObserver;
  /** In the clear, for tunnels of clients to services that are called over HTTP. */
  readonly dialer: Dialer;
}

/** So many endpoints are tried for one connection at most, each once. */
export const MOST_ENDPOINTS_TRIED = 10;

/** Tunnels of clients to one endpoint of a service that is called over HTTP. */
const MOST_TUNNELS = 1_024;

/** Failures that another endpoint may not have. */
const LOCAL_SHORTAGE = 'out_of_resources';

/**
 * Connects to an endpoint of the service.
 * @throws AmbassadorError when none can be connected to, with what each endpoint tried did
 */
export function connectTcp(
  service: Service,
  call: Call,
  dependencies: TcpConnectDependencies,
): Promise<TcpConnection> {
  return new Promise((resolve, reject) => {
    try {
      const permit = admit(service, dependencies);
      new Connecting(service, call, permit, dependencies, resolve, reject).next();
    } catch (error) {
      reject(error);
    }
  });
}

/** @returns undefined where no circuit judges the connection */
function admit(service: Service, { clock, random, observer }: TcpConnectDependencies): Permit | undefined {
  const { circuit } = service.protections;
  if (circuit === undefined || service.overriding.for(undefined) !== undefined) return undefined;
  const admission = circuit.admit(clock.now());
  if (admission.admitted) return admission;
  const enforced =
    admission.state === 'isolated' || isEnforced(service.policy.circuitBreaker.enforce, random);
  if (enforced) throw circuitRefusal(service.name, admission, service.describeEndpoints());
  observer.wouldBreak(service.name);
  return undefined;
}

class Connecting {
  readonly #service: Service;
  readonly #call: Call;
  readonly #permit: Permit | undefined;
  readonly #dependencies: TcpConnectDependencies;
  readonly #resolve: (connection: TcpConnection) => void;
  readonly #reject: (error: unknown) => void;
  readonly #outcomes: AttemptOutcome[] = [];
  readonly #forgetCancel: () => void;
  #giveUp: () => void = () => {};
  #cancelled = false;

  constructor(
    service: Service,
    call: Call,
    permit: Permit | undefined,
    dependencies: TcpConnectDependencies,
    resolve: (connection: TcpConnection) => void,
    reject: (error: unknown) => void,
  ) {
    this.#service = service;
    this.#call = call;
    this.#permit = permit;
    this.#dependencies = dependencies;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#forgetCancel = call.onCancel((error) => this.#cancel(error));
  }

  next(): void {
    const { tried, cancelled } = this.#call;
    if (cancelled !== undefined) {
      this.#cancel(cancelled);
      return;
    }
    const picked = this.#service.leases.pick({
      tag: this.#call.tag,
      hash: this.#call.hash,
      tried,
      repeatable: true,
    });
    if (!(picked instanceof Lease)) {
      this.#fail(this.#call.attempts.length === 0 ? picked : this.#allFailed());
      return;
    }
    const { endpoint } = picked.upstream;
    if (tried.includes(endpoint.id) || tried.length >= MOST_ENDPOINTS_TRIED) {
      picked[Symbol.dispose]();
      this.#fail(this.#allFailed());
      return;
    }
    tried.push(endpoint.id);
    if (picked.panic !== 'none') this.#call.flag('PA');
    if (picked.tier > 0) this.#call.flag('FV');
    if (this.#service.overriding.for(undefined) !== undefined) this.#call.flag('OV');
    this.#try(picked);
  }

  #try(lease: Lease): void {
    const { clock } = this.#dependencies;
    const { endpoint } = lease.upstream;
    const facts: AttemptFacts = {
      endpointId: endpoint.id,
      authority: authorityOf(endpoint),
      service: this.#service.name,
      startedAt: clock.now(),
      headMs: undefined,
      status: undefined,
      failure: undefined,
      failureDetail: undefined,
    };
    this.#call.attempts.push(facts);
    let connection: TcpConnection | undefined;
    const giveUp = streamsTo(lease.upstream, this.#service, this.#dependencies).stream({
      connected: (stream) => {
        this.#forgetCancel();
        connection = new TcpConnection(stream, lease, facts, clock, (outcome) =>
          this.#settle(outcome === undefined ? undefined : outcome === 'failed', facts.endpointId),
        );
        this.#resolve(connection);
      },
      failed: (failure) => this.#failed(lease, facts, failure),
      closed: (error) => connection?.closed(error),
    });
    this.#giveUp = () => {
      giveUp();
      facts.endMs = clock.now() - facts.startedAt;
      facts.failure = 'client_gone';
      facts.neutral = true;
      lease.ended(NEUTRAL_OUTCOME);
    };
  }

  #failed(lease: Lease, facts: AttemptFacts, failure: TransportFailure): void {
    facts.endMs = this.#dependencies.clock.now() - facts.startedAt;
    facts.failure = failure.reason;
    facts.failureDetail = failure.detail;
    const outcome = outcomeOf(failure);
    if (outcome.kind === 'neutral') facts.neutral = true;
    else this.#outcomes.push({ endpointId: facts.endpointId, failed: true, slow: false });
    lease.ended(outcome, failure.detail);
    if (failure.reason === LOCAL_SHORTAGE) this.#fail(this.#allFailed());
    else this.next();
  }

  #cancel(error: AmbassadorError): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#giveUp();
    this.#settle(undefined);
    this.#reject(error);
  }

  #fail(error: AmbassadorError): void {
    this.#forgetCancel();
    this.#settle(this.#outcomes.length > 0 ? true : undefined);
    this.#reject(error);
  }

  #allFailed(): AmbassadorError {
    const { attempts } = this.#call;
    const each = attempts.map(({ authority, failureDetail }) => `${authority}: ${failureDetail ?? ''}`);
    const detail = `No connection to ${this.#service.name}: ${counted(attempts.length, 'endpoint')} tried (${each.join('; ')}).`;
    return new AmbassadorError(attempts.at(-1)?.failure ?? 'connect_failure', detail);
  }

  /** @param failed undefined when it says nothing of the service */
  #settle(failed: boolean | undefined, connectedTo?: string): void {
    if (this.#permit === undefined) return;
    if (failed !== undefined && connectedTo !== undefined) {
      this.#outcomes.push({ endpointId: connectedTo, failed, slow: false });
    }
    this.#service.protections.circuit?.settle(
      this.#permit,
      failed === undefined ? { kind: 'neutral' } : { kind: 'judged', failed, slow: false },
      this.#outcomes,
      this.#dependencies.clock.now(),
    );
  }
}

/** A service that is called over HTTP has plain connections for the tunnels of its clients only. */
function streamsTo(
  upstream: UpstreamEndpoint,
  service: Service,
  { clock, dialer }: TcpConnectDependencies,
): TcpConnections {
  const { connections, endpoint } = upstream;
  if (connections instanceof TcpConnections) return connections;
  upstream.tunnels ??= new TcpConnections(
    endpoint,
    { connectTimeoutMs: service.policy.timeout.connect, maxConnections: MOST_TUNNELS },
    { dialer, clock },
  );
  return upstream.tunnels;
}

/** A connection that stands, and its endpoint's place, until it is ended. */
export class TcpConnection {
  readonly stream: EndpointStream;
  /** Milliseconds that connecting took. */
  readonly connectMs: number;
  readonly facts: AttemptFacts;
  readonly #lease: Lease;
  readonly #clock: Clock;
  readonly #connectedAt: number;
  readonly #settle: (outcome: 'sound' | 'failed' | undefined) => void;
  #proved = false;
  #ended = false;
  #onClosed: ((error: Error | undefined) => void) | undefined;
  #closedWith: { readonly error: Error | undefined } | undefined;

  constructor(
    stream: EndpointStream,
    lease: Lease,
    facts: AttemptFacts,
    clock: Clock,
    settle: (outcome: 'sound' | 'failed' | undefined) => void,
  ) {
    this.stream = stream;
    this.facts = facts;
    this.#lease = lease;
    this.#clock = clock;
    this.#settle = settle;
    this.#connectedAt = clock.now();
    this.connectMs = this.#connectedAt - facts.startedAt;
  }

  /** Milliseconds since it stands. */
  get ageMs(): number {
    return this.#clock.now() - this.#connectedAt;
  }

  /** The endpoint has shown that it serves: that counts at once, since a connection may last for days. */
  proved(): void {
    if (this.#proved || this.#ended) return;
    this.#proved = true;
    this.#lease.connected(this.connectMs);
    this.#settle('sound');
  }

  /** Once, when both sides are closed. @param failure what the endpoint is to be blamed for; undefined for nothing */
  ended(failure: TransportFailure | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.facts.endMs = this.#clock.now() - this.facts.startedAt;
    if (failure !== undefined) {
      this.facts.failure = failure.reason;
      this.facts.failureDetail = failure.detail;
    }
    // A connection that was cut after it had served says nothing of new ones.
    const outcome = failure === undefined || this.#proved ? NEUTRAL_OUTCOME : outcomeOf(failure);
    this.#lease.ended(outcome, failure?.detail);
    if (!this.#proved) this.#settle(failure === undefined ? undefined : 'failed');
  }

  /** Called once when the stream is closed, at once when it is. */
  onClosed(listener: (error: Error | undefined) => void): void {
    this.#onClosed = listener;
    if (this.#closedWith !== undefined) listener(this.#closedWith.error);
  }

  closed(error: Error | undefined): void {
    this.#closedWith = { error };
    this.#onClosed?.(error);
  }
}

function outcomeOf({ reason, neutral }: TransportFailure): Outcome {
  if (neutral === true) return NEUTRAL_OUTCOME;
  switch (reason) {
    case 'connect_failure':
    case 'tls_failure':
      return localOutcome('connect_failure');
    case 'upstream_reset':
      return localOutcome('reset');
    default:
      return NEUTRAL_OUTCOME;
  }
}

// The way of one client's connection to a service that is called over TCP: limits, an endpoint, bytes both ways, and one
// report at its end.

import { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Logger } from '../core/logger.ts';
import type { Random } from '../core/random.ts';
import type { Reason } from '../core/reasons.ts';
import { REASONS } from '../core/reasons.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import type { ConnectionStream } from '../net/connection-stream.ts';
import type { Dialer } from '../net/dial.ts';
import { withOwnReadsBehind } from '../net/own-reads.ts';
import { resetConnection } from '../net/reset.ts';
import { TCP_READS } from '../net/shared-reads.ts';
import type { CallBody } from '../policy/call.ts';
import { Call } from '../policy/call.ts';
import type { Service } from '../service/service.ts';
import type { ServiceDirectory } from '../service/service-directory.ts';
import type { TcpConnection } from '../service/tcp-connect.ts';
import { connectTcp } from '../service/tcp-connect.ts';
import type { Activity } from './activity.ts';
import type { Strangers } from './strangers.ts';
import { TcpRelay } from './tcp-relay.ts';

export interface TcpForwarderDependencies {
  readonly services: ServiceDirectory;
  readonly strangers: Pick<Strangers, 'checkService'>;
  readonly activity: Activity;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: CompleteObserver;
  /** In the clear, for tunnels to services that are called over HTTP. */
  readonly dialer: Dialer;
  readonly newConnectionId: () => string;
}

/** A client's connection under way. */
export interface ForwardedConnection {
  /** Ends it now, with both sides. */
  cut(): void;
}

/** How long a client keeps a silent connection whose machine is gone, in milliseconds. */
const KEEP_ALIVE_MS = 60_000;

export class TcpForwarder {
  readonly #dependencies: TcpForwarderDependencies;

  constructor(dependencies: TcpForwarderDependencies) {
    this.#dependencies = dependencies;
  }

  /** Never throws: every fault ends the connection. */
  forward(client: ConnectionStream, service: ServiceRef): ForwardedConnection {
    if (client instanceof Socket) client.setKeepAlive(true, KEEP_ALIVE_MS);
    const connection = new ClientConnection(client, service, this.#dependencies);
    void connection.run();
    return connection;
  }
}

class ClientConnection implements ForwardedConnection {
  #client: ConnectionStream;
  readonly #ref: ServiceRef;
  readonly #dependencies: TcpForwarderDependencies;
  readonly #startedAt: number;
  readonly #startedAtWall: number;
  readonly #remoteAddress: string | undefined;
  #call: Call | undefined;
  #service: Service | undefined;
  #connection: TcpConnection | undefined;
  #relay: TcpRelay | undefined;
  #finished = false;

  constructor(client: ConnectionStream, ref: ServiceRef, dependencies: TcpForwarderDependencies) {
    const { clock, activity } = dependencies;
    this.#client = client;
    this.#ref = ref;
    this.#dependencies = dependencies;
    this.#startedAt = clock.now();
    this.#startedAtWall = clock.wallTime();
    this.#remoteAddress = client.remoteAddress;
    activity.begin();
    client.on('error', () => {});
    client.on('close', this.#leftEarly);
  }

  async run(): Promise<void> {
    const { services, strangers } = this.#dependencies;
    try {
      const ref = this.#ref;
      strangers.checkService(ref.name);
      const service = services.find(ref) ?? (await services.open(ref));
      if (this.#finished) return;
      this.#service = service;
      service.active++;
      service.lastUsedAt = this.#startedAt;
      this.#join(service, await this.#connect(service));
    } catch (error) {
      this.#fail(AmbassadorError.from(error));
    }
  }

  cut(): void {
    const detail = 'the ambassador stopped, or the configuration has no such listener any more';
    if (this.#relay !== undefined) this.#relay.cut('shutting_down', detail);
    else this.#giveUp(new AmbassadorError('shutting_down', detail));
  }

  #connect(service: Service): Promise<TcpConnection> {
    const hash = service.hashOf('', { headers: [], remoteAddress: this.#remoteAddress });
    const call = new Call({ ...NO_REQUEST, hash, tag: this.#ref.tag }, this.#startedAt, 0);
    this.#call = call;
    if (service.feed.failing) call.flag('LK');
    const admitted = service.protections.admission.reduceRight<(call: Call) => Promise<TcpConnection>>(
      (next, stage) => stage(next),
      (admittedCall) => connectTcp(service, admittedCall, this.#dependencies),
    );
    return admitted(call);
  }

  #join(service: Service, connection: TcpConnection): void {
    this.#connection = connection;
    if (this.#finished) {
      connection.stream.destroy();
      connection.ended(undefined);
      return;
    }
    this.#client.off('close', this.#leftEarly);
    // Until here it was read ahead, so that a client that leaves is noticed.
    this.#client = withOwnReadsBehind(this.#client, TCP_READS);
    const { clock } = this.#dependencies;
    const { idle, idleStream } = service.policy.timeout;
    this.#relay = new TcpRelay(this.#client, connection, {
      clock,
      idleMs: service.upstream.protocol === 'tcp' ? idle : idleStream,
      total: service.bytes,
      onClosed: ({ reason, detail }) => this.#finish(reason, detail),
    });
    this.#relay.start();
  }

  readonly #leftEarly = (): void => {
    this.#giveUp(new AmbassadorError('client_gone', 'The client left before a connection stood.'));
  };

  #giveUp(error: AmbassadorError): void {
    this.#call?.cancel(error);
    this.#fail(error);
  }

  #fail(error: AmbassadorError): void {
    if (this.#finished) return;
    if (error.reason === 'internal_error') {
      this.#dependencies.logger.error({ err: error.cause, service: this.#ref.name }, error.message);
    }
    // An orderly end would look like an endpoint that has nothing to say.
    resetConnection(this.#client);
    this.#finish(error.reason, error.message);
  }

  #finish(reason: Reason | undefined, detail: string | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    const { activity, clock, observer, newConnectionId } = this.#dependencies;
    this.#call?.finish();
    if (this.#service !== undefined) this.#service.active--;
    observer.connectionFinished({
      connectionId: newConnectionId(),
      startedAtWall: this.#startedAtWall,
      startedAt: this.#startedAt,
      service: this.#service?.name ?? this.#ref.name,
      remoteAddress: this.#remoteAddress,
      reason,
      detail,
      flags: [...(reason === undefined ? [] : [REASONS[reason].flag]), ...(this.#call?.flags ?? [])],
      attempts: this.#call?.attempts ?? [],
      connectMs: this.#connection?.connectMs,
      durationMs: clock.now() - this.#startedAt,
      bytesReceived: this.#relay?.bytes.received ?? 0,
      bytesSent: this.#relay?.bytes.sent ?? 0,
    });
    activity.end();
  }
}

const NO_BODY: CallBody = {
  replayable: true,
  arriving: false,
  awaited: false,
  arrivedAt: undefined,
  received: 0,
  open: () => undefined,
  leaves: () => {},
  left: () => {},
  release: () => {},
};

/** What the limits find where there is no request. */
const NO_REQUEST = {
  method: '',
  path: '',
  headers: [],
  body: NO_BODY,
  upgrade: undefined,
  informational: () => {},
  awaitsContinue: () => false,
  continueBody: () => {},
};

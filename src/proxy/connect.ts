// CONNECT, by which clients that use a forward proxy reach a host: where it leads, and what is done with what they send
// inside. Source: RFC 9110 §9.3.6, RFC 9112 §3.2.3.

import { AmbassadorError } from '../core/errors.ts';
import type { ServiceRef } from '../discovery/service-ref.ts';
import { serviceNamed } from '../discovery/service-ref.ts';
import { callTimeoutMs } from '../http/deadline.ts';
import type { Exchange } from '../http/exchange.ts';
import type { ResponseHead } from '../http/message.ts';
import type { ConnectionStream } from '../net/connection-stream.ts';
import { SocketProgress } from '../net/socket-progress.ts';
import type { Service } from '../service/service.ts';
import type { ForwarderDependencies } from './dependencies.ts';
import { dialDirectly } from './direct.ts';
import { ExchangeReport } from './exchange-report.ts';
import type { Destination } from './forward-proxy.ts';
import { Tunnel } from './tunnel.ts';

/** A host with its port, which CONNECT always names. */
const AUTHORITY_FORM = /^(?:\[[0-9a-f:.]+\]|[^:[\]/?#@]+):(\d{1,5})$/i;

const GRANTED: ResponseHead = { status: 200, reasonPhrase: '', fields: [] };

/** How long nothing may move in a tunnel to a host that is no service, in milliseconds. */
const DIRECT_IDLE_MS = 3_600_000;

/** The way of one CONNECT. Requests inside of it are reported by themselves, and then it is not. */
export class ConnectRequest {
  readonly #exchange: Exchange;
  readonly #dependencies: ForwarderDependencies;
  readonly #report: ExchangeReport;

  constructor(exchange: Exchange, dependencies: ForwarderDependencies, done: () => void) {
    this.#exchange = exchange;
    this.#dependencies = dependencies;
    this.#report = new ExchangeReport(exchange, dependencies, done);
  }

  /** Never rejects: every fault becomes the response. */
  async run(): Promise<void> {
    this.#exchange.onAbandoned(() => {
      this.#report.abandoned = true;
    });
    try {
      const destination = this.#destination();
      if (destination.kind === 'direct') await this.#connectDirectly(destination);
      else await this.#lookInside(destination.kind === 'service' ? destination.service : undefined);
    } catch (error) {
      this.#report.refuse(AmbassadorError.from(error));
    }
  }

  #destination(): Destination {
    const { head, body, remoteAddress, listenerService } = this.#exchange;
    const { strangers, forwardProxy } = this.#dependencies;
    const { target, authority, fields } = head;
    strangers.check({ target, authority, fields, remoteAddress });
    const [, port] = AUTHORITY_FORM.exec(target) ?? [];
    if (port === undefined || Number(port) === 0 || Number(port) > 65_535) {
      throw new AmbassadorError(
        'bad_request',
        'CONNECT takes a host and a port, such as payments.service.consul:80.',
      );
    }
    if (body !== undefined) throw new AmbassadorError('bad_request', 'A CONNECT request has no content.');
    const destination: Destination =
      listenerService === undefined
        ? forwardProxy.destination(target, Number(port))
        : { kind: 'service', service: serviceNamed(listenerService) };
    if (destination.kind === 'service') strangers.checkService(destination.service.name);
    return destination;
  }

  /** @param ref undefined for a tunnel to ourselves, whose requests name their services */
  async #lookInside(ref: ServiceRef | undefined): Promise<void> {
    const service = ref === undefined ? undefined : await this.#findService(ref);
    if (this.#report.abandoned) {
      this.#report.finish('client_gone', 'the client left before its tunnel was granted');
      return;
    }
    this.#report.status = GRANTED.status;
    if (ref !== undefined && service?.upstream.protocol === 'tcp') {
      const stream = this.#exchange.tunnel(GRANTED);
      await this.#carryBytes(stream, ref, undefined);
      return;
    }
    this.#exchange.lookInside({
      authority: ref === undefined ? undefined : this.#exchange.head.target,
      carriesRequests: () => this.#report.forget(),
      carriesBytes: (stream, first) => void this.#carryBytes(stream, ref, first),
      abandoned: () => this.#report.forget(),
    });
  }

  async #findService(ref: ServiceRef): Promise<Service> {
    const { services, forwardProxy } = this.#dependencies;
    const asked = callTimeoutMs(this.#exchange.head.fields, 0);
    try {
      const service = services.find(ref) ?? (await services.open(ref, asked === 0 ? undefined : asked));
      this.#report.service = service.name;
      return service;
    } catch (error) {
      const { reason, message } = AmbassadorError.from(error);
      if (reason !== 'unknown_service') throw error;
      throw new AmbassadorError(reason, `${message} ${forwardProxy.adviceFor(this.#exchange.head.target)}`);
    }
  }

  /** From here on it is a connection of the service, and reported as such. */
  async #carryBytes(
    stream: ConnectionStream,
    ref: ServiceRef | undefined,
    first: Buffer | undefined,
  ): Promise<void> {
    try {
      if (ref === undefined) {
        throw new AmbassadorError('no_route', 'What came in the tunnel is not HTTP, and names no service.');
      }
      const forwarder = await this.#dependencies.tcpForwarder();
      if (first !== undefined) stream.unshift(first);
      forwarder.forward(stream, ref);
      this.#report.forget();
    } catch (error) {
      this.#report.refuse(AmbassadorError.from(error));
    }
  }

  async #connectDirectly(target: { readonly host: string; readonly port: number }): Promise<void> {
    const { clock } = this.#dependencies;
    const socket = await dialDirectly(target, clock);
    if (this.#report.abandoned) {
      socket.destroy();
      this.#report.finish('client_gone', 'the client left before its tunnel was granted');
      return;
    }
    this.#report.status = GRANTED.status;
    this.#report.upgraded = true;
    new Tunnel(this.#exchange.tunnel(GRANTED), socket, {
      clock,
      idleMs: DIRECT_IDLE_MS,
      connections: [this.#exchange.progress, new SocketProgress(socket)],
      onClosed: (idle) => this.#report.finish(idle ? 'idle_timeout' : undefined),
    });
  }
}

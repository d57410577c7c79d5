// A request in absolute form to a host that is no service and that the configuration lets through: once, as it is, over
// a connection of its own. Source: RFC 9112 §3.2.2.

import type { Duplex } from 'node:stream';
import type { ScheduledTask } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';
import type { AttemptObserver, ResponseHead, TransportFailure, UpstreamResponse } from '../http/attempt.ts';
import type { Exchange } from '../http/exchange.ts';
import { Http1Connections } from '../http/http1/http1-connections.ts';
import { CONTINUE } from '../http/message.ts';
import type { WireProgress } from '../http/progress.ts';
import { TcpDialer } from '../net/dial.ts';
import type { ForwarderDependencies } from './dependencies.ts';
import { CONNECT_TIMEOUT_MS } from './direct.ts';
import { ExchangeReport } from './exchange-report.ts';
import type { DirectDestination } from './forward-proxy.ts';
import { downstreamResponseHeaders, upstreamRequestHeaders, wentThrough } from './headers.ts';
import { ResponseRelay } from './relay.ts';
import { originForm } from './route.ts';
import { Tunnel } from './tunnel.ts';

/** How long the head of a response, and then each byte, may take, in milliseconds. */
const HEAD_TIMEOUT_MS = 60_000;
const IDLE_MS = 60_000;
const TUNNEL_IDLE_MS = 3_600_000;

const MAX_HEADER_BYTES = 64 * 1024;

export class DirectRequest implements AttemptObserver {
  readonly #exchange: Exchange;
  readonly #dependencies: ForwarderDependencies;
  readonly #destination: DirectDestination;
  readonly #report: ExchangeReport;
  readonly #connections: Http1Connections;
  #cancel: ((failure: TransportFailure) => void) | undefined;
  #relay: ResponseRelay | undefined;
  #late: ScheduledTask | undefined;
  #settled = false;

  constructor(
    exchange: Exchange,
    destination: DirectDestination,
    dependencies: ForwarderDependencies,
    done: () => void,
  ) {
    this.#exchange = exchange;
    this.#dependencies = dependencies;
    this.#destination = destination;
    this.#report = new ExchangeReport(exchange, dependencies, done);
    const { host, port } = destination;
    this.#connections = new Http1Connections({
      dialer: new TcpDialer(),
      target: { address: host, port, tags: [], meta: {} },
      authority: exchange.head.authority ?? host,
      options: {
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        maxConnections: 1,
        keepAliveMs: 1,
        pings: { intervalMs: 0, timeoutMs: 0 },
        maxHeaderBytes: MAX_HEADER_BYTES,
      },
      clock: dependencies.clock,
      fault: (error) =>
        dependencies.logger.error({ err: error }, 'a connection to a host that is not a service failed'),
    });
  }

  /** Never throws: every fault becomes the response. */
  run(): void {
    this.#exchange.onAbandoned(() => this.#clientLeft());
    try {
      this.#send();
    } catch (error) {
      this.#settled = true;
      this.#connections.close();
      this.#report.refuse(AmbassadorError.from(error));
    }
  }

  #send(): void {
    const { head, body, remoteAddress } = this.#exchange;
    const { strangers, instanceId, clock } = this.#dependencies;
    const { target, authority, fields, method, version, upgrade, expectation } = head;
    strangers.check({ target, authority, fields, remoteAddress });
    if (expectation !== undefined && expectation !== CONTINUE) {
      throw new AmbassadorError('expectation_failed', 'The expectation is not one that can be met.');
    }
    if (wentThrough(fields, instanceId)) {
      throw new AmbassadorError('loop_detected', 'This request has come through this ambassador before.');
    }
    const request = {
      method,
      path: originForm(method, target),
      fields: upstreamRequestHeaders(fields, {
        remoteAddress,
        httpVersion: version,
        requestId: this.#report.requestId,
        authority,
        forwardsLeft: undefined,
        instanceId,
        via: true,
        prefix: undefined,
        scheme: head.scheme,
        traced: false,
      }),
      body,
      upgrade,
    };
    const attempt = this.#connections.send(request, this);
    this.#cancel = (failure) => attempt.cancel(failure);
    if (this.#settled) return;
    this.#late = clock.schedule(HEAD_TIMEOUT_MS, () => {
      attempt.cancel({
        reason: 'upstream_timeout',
        neverSent: false,
        detail: `no response within ${HEAD_TIMEOUT_MS} ms`,
      });
    });
  }

  sending(): void {
    this.#exchange.continueBody();
  }

  sent(): void {}

  informational(head: ResponseHead): void {
    if (head.status !== 100)
      this.#exchange.inform({ ...head, fields: downstreamResponseHeaders(head.fields) });
  }

  head(response: UpstreamResponse): void {
    this.#headArrived(response.status);
    const { status, reasonPhrase } = response;
    const writer = this.#exchange.respond({
      status,
      reasonPhrase,
      fields: downstreamResponseHeaders(response.fields),
    });
    this.#relay = new ResponseRelay(response, this.#exchange, writer, {
      clock: this.#dependencies.clock,
      idleMs: IDLE_MS,
      onFinished: (failure) => this.#report.finish(failure?.reason, failure?.detail),
    });
    this.#relay.run();
  }

  upgraded(head: ResponseHead, stream: Duplex, progress: WireProgress): void {
    this.#headArrived(head.status);
    this.#report.upgraded = true;
    new Tunnel(this.#exchange.tunnel(head), stream, {
      clock: this.#dependencies.clock,
      idleMs: TUNNEL_IDLE_MS,
      connections: [this.#exchange.progress, progress],
      onClosed: (idle) => this.#report.finish(idle ? 'idle_timeout' : undefined),
    });
  }

  closed(failure: TransportFailure | undefined): void {
    this.#late?.cancel();
    this.#connections.close();
    if (this.#settled || failure === undefined) return;
    this.#settled = true;
    const { host, port } = this.#destination;
    this.#report.refuse(new AmbassadorError(failure.reason, `${host}:${port}: ${failure.detail}.`));
  }

  #headArrived(status: number): void {
    this.#settled = true;
    this.#late?.cancel();
    this.#report.status = status;
    this.#report.headMs = this.#dependencies.clock.now() - this.#report.startedAt;
  }

  #clientLeft(): void {
    this.#report.abandoned = true;
    const failure = { reason: 'client_gone', neverSent: false, detail: 'the client left' } as const;
    if (this.#relay !== undefined) this.#relay.stop(failure);
    else this.#cancel?.(failure);
  }
}

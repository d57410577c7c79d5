// Plain connections to endpoints, for services whose protocol is not read: each carries one client's bytes.

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.ts';
import { authorityOf } from '../endpoint/endpoint.ts';
import type {
  Attempt,
  AttemptObserver,
  AttemptRequest,
  EndpointConnections,
  Transport,
  TransportFailure,
} from '../http/attempt.ts';
import { NO_FIELDS } from '../http/message.ts';
import { toTransportFailure } from '../http/transport-failure.ts';
import type { Dialer, DialTarget } from '../net/dial.ts';
import { DialTimeout } from '../net/handshake.ts';
import { EndpointStream } from './endpoint-stream.ts';

export interface TcpTransportOptions {
  /** How long a connection may take to open, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** The most connections to one endpoint. */
  readonly maxConnections: number;
}

export interface TcpTransportParts {
  readonly dialer: Dialer;
  readonly clock: Clock;
}

/** What becomes of a stream: `failed` alone, or `connected` and later `closed`. */
export interface StreamObserver {
  connected(stream: EndpointStream): void;
  failed(failure: TransportFailure): void;
  /** @param error when it did not end in order */
  closed(error: Error | undefined): void;
}

export class TcpTransport implements Transport {
  readonly protocol = 'tcp';
  readonly #options: TcpTransportOptions;
  readonly #parts: TcpTransportParts;

  constructor(options: TcpTransportOptions, parts: TcpTransportParts) {
    this.#options = options;
    this.#parts = parts;
  }

  connect(endpoint: DialTarget): TcpConnections {
    return new TcpConnections(endpoint, this.#options, this.#parts);
  }

  get dialer(): Dialer {
    return this.#parts.dialer;
  }

  isAlike(before: DialTarget, after: DialTarget): boolean {
    const { dialer } = this.#parts;
    return dialer.isSecure(before) === dialer.isSecure(after) && before.spiffePath === after.spiffePath;
  }

  equals(other: Transport): boolean {
    return (
      other instanceof TcpTransport &&
      isDeepStrictEqual(other.#options, this.#options) &&
      other.#parts.dialer.equals(this.#parts.dialer)
    );
  }
}

/** The connections to one endpoint. */
export class TcpConnections implements EndpointConnections {
  readonly #target: DialTarget;
  readonly #options: TcpTransportOptions;
  readonly #parts: TcpTransportParts;
  #open = 0;

  constructor(target: DialTarget, options: TcpTransportOptions, parts: TcpTransportParts) {
    this.#target = target;
    this.#options = options;
    this.#parts = parts;
  }

  get open(): number {
    return this.#open;
  }

  /** Begins to connect. @returns gives it up; nothing is reported then */
  stream(observer: StreamObserver): () => void {
    const { maxConnections, connectTimeoutMs } = this.#options;
    const { dialer, clock } = this.#parts;
    if (this.#open >= maxConnections) {
      observer.failed({
        reason: 'connection_limit',
        neverSent: true,
        detail: `${authorityOf(this.#target)} has ${this.#open} connections, the most that connections.maxPerEndpoint allows`,
      });
      return () => {};
    }
    let givenUp = false;
    this.#open++;
    const stream = new EndpointStream(dialer, this.#target, {
      connected: () => {
        late.cancel();
        if (!givenUp) observer.connected(stream);
      },
      closed: (error) => {
        late.cancel();
        this.#open--;
        if (givenUp) return;
        if (stream.connected) observer.closed(error);
        else observer.failed(toTransportFailure(error ?? new Error('closed while connecting'), NOT_STARTED));
      },
    });
    const late = clock.schedule(connectTimeoutMs, () => {
      stream.destroy(new DialTimeout(connectTimeoutMs));
    });
    return () => {
      givenUp = true;
      stream.destroy();
    };
  }

  /** There are no requests here: a call that began before the service became one of TCP. */
  send(_request: AttemptRequest, observer: AttemptObserver): Attempt {
    observer.closed(
      {
        reason: 'bad_request',
        neverSent: true,
        detail: 'the service is called over TCP, not over HTTP',
      },
      NO_FIELDS,
    );
    return { progress: undefined, cancel: () => {} };
  }

  /** Those that are open stay until their clients or the endpoint end them. */
  close(): void {}
}

const NOT_STARTED = { started: false, responding: false, singleWrite: true };

// HTTP/1.1 in the clear to an endpoint: by a codec of our own, since every request passes through it, and by undici what
// asks to switch protocols.

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.ts';
import type {
  Attempt,
  AttemptObserver,
  AttemptRequest,
  EndpointConnections,
  Transport,
  TransportFailure,
} from '../http/attempt.ts';
import { Http1Connections } from '../http/http1/http1-connections.ts';
import type { TransportOptions } from '../http/transport-options.ts';
import { UpgradeConnections } from './upgrade-connections.ts';

export class HttpTransport implements Transport {
  readonly #options: TransportOptions;
  readonly #clock: Clock;

  constructor(options: TransportOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  connect(address: string, port: number): EndpointConnections {
    return new HttpConnections(address, port, this.#options, this.#clock);
  }

  equals(other: Transport): boolean {
    return other instanceof HttpTransport && isDeepStrictEqual(other.#options, this.#options);
  }
}

/** What is sent to an endpoint that has left the service. */
const LEFT: TransportFailure = {
  reason: 'connect_failure',
  neverSent: true,
  detail: 'the endpoint has left the service',
};

const OVER: Attempt = { cancel: () => {} };

class HttpConnections implements EndpointConnections {
  readonly #address: string;
  readonly #port: number;
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  // Of a large service most endpoints are never called: each is made for its first request.
  #plain: Http1Connections | undefined;
  #upgrades: UpgradeConnections | undefined;
  #closed = false;

  constructor(address: string, port: number, options: TransportOptions, clock: Clock) {
    this.#address = address;
    this.#port = port;
    this.#options = options;
    this.#clock = clock;
  }

  get open(): number {
    return (this.#plain?.open ?? 0) + (this.#upgrades?.open ?? 0);
  }

  send(request: AttemptRequest, observer: AttemptObserver): Attempt {
    if (this.#closed) {
      observer.closed(LEFT);
      return OVER;
    }
    if (request.upgrade === undefined) {
      this.#plain ??= new Http1Connections(this.#address, this.#port, this.#options, this.#clock);
      return this.#plain.send(request, observer);
    }
    this.#upgrades ??= new UpgradeConnections(this.#address, this.#port, this.#options);
    return this.#upgrades.send(request, observer);
  }

  close(): void {
    this.#closed = true;
    this.#plain?.close();
    this.#upgrades?.close();
  }
}

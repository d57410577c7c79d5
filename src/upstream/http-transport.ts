// HTTP/1.1 to endpoints, over whatever connections the dialer makes.

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.ts';
import { hostOf } from '../endpoint/endpoint.ts';
import type { EndpointConnections, Transport } from '../http/attempt.ts';
import { Http1Connections } from '../http/http1/http1-connections.ts';
import type { TransportOptions } from '../http/transport-options.ts';
import type { Dialer, DialTarget } from '../net/dial.ts';

export interface HttpTransportParts {
  readonly dialer: Dialer;
  readonly clock: Clock;
  /** A fault of our own has ended a connection. */
  readonly fault: (error: unknown) => void;
}

export class HttpTransport implements Transport {
  readonly protocol = 'http';
  readonly #options: TransportOptions;
  readonly #parts: HttpTransportParts;

  constructor(options: TransportOptions, parts: HttpTransportParts) {
    this.#options = options;
    this.#parts = parts;
  }

  connect(endpoint: DialTarget): EndpointConnections {
    return new Http1Connections({
      ...this.#parts,
      options: this.#options,
      target: endpoint,
      authority: hostOf(endpoint),
    });
  }

  equals(other: Transport): boolean {
    return (
      other instanceof HttpTransport &&
      isDeepStrictEqual(other.#options, this.#options) &&
      other.#parts.dialer.equals(this.#parts.dialer)
    );
  }
}

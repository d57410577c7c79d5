// HTTP to endpoints, over whatever connections the dialer makes: in the version that each of them speaks.

import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.ts';
import { hostOf } from '../endpoint/endpoint.ts';
import type { EndpointConnections, Transport, TransportFailure } from '../http/attempt.ts';
import type { TransportOptions } from '../http/transport-options.ts';
import type { Dialer, DialTarget } from '../net/dial.ts';
import { HTTP_PROTOCOLS } from './http-protocols.ts';
import type { ProtocolChoice, SpokenProtocol } from './spoken-protocol.ts';
import { spokenWith } from './spoken-protocol.ts';

export interface HttpTransportOptions extends TransportOptions, ProtocolChoice {}

export interface HttpTransportParts {
  readonly dialer: Dialer;
  readonly clock: Clock;
  /** A fault of our own has ended a connection. */
  readonly fault: (error: unknown) => void;
}

export class HttpTransport implements Transport {
  readonly protocol = 'http';
  readonly #options: HttpTransportOptions;
  readonly #parts: HttpTransportParts;

  constructor(options: HttpTransportOptions, parts: HttpTransportParts) {
    this.#options = options;
    this.#parts = parts;
  }

  connect(endpoint: DialTarget, unreached?: (failure: TransportFailure) => void): EndpointConnections {
    return HTTP_PROTOCOLS[this.#spokenWith(endpoint)]({
      ...this.#parts,
      options: this.#options,
      target: endpoint,
      authority: hostOf(endpoint),
      unreached,
    });
  }

  get dialer(): Dialer {
    return this.#parts.dialer;
  }

  isAlike(before: DialTarget, after: DialTarget): boolean {
    const { dialer } = this.#parts;
    return (
      this.#spokenWith(before) === this.#spokenWith(after) &&
      dialer.isSecure(before) === dialer.isSecure(after) &&
      before.spiffePath === after.spiffePath
    );
  }

  equals(other: Transport): boolean {
    return (
      other instanceof HttpTransport &&
      isDeepStrictEqual(other.#options, this.#options) &&
      other.#parts.dialer.equals(this.#parts.dialer)
    );
  }

  #spokenWith(endpoint: DialTarget): SpokenProtocol {
    return spokenWith(endpoint, this.#options, this.#parts.dialer.negotiates(endpoint));
  }
}

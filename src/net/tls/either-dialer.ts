// TLS to the endpoints that are registered as secure, and in the clear to the others of the same service.

import type { Socket } from 'node:net';
import type { Connected, Dialer, DialTarget, Reader } from '../dial.ts';
import { isRegisteredSecure } from './registered-secure.ts';

export class EitherDialer implements Dialer {
  readonly #secure: Dialer;
  readonly #plain: Dialer;

  constructor(secure: Dialer, plain: Dialer) {
    this.#secure = secure;
    this.#plain = plain;
  }

  dial(
    target: DialTarget,
    reader: Reader,
    onConnected: (connected: Connected) => void,
    alpn?: readonly string[],
  ): Socket {
    const dialer = isRegisteredSecure(target) ? this.#secure : this.#plain;
    return dialer.dial(target, reader, onConnected, alpn);
  }

  isSecure(target: DialTarget): boolean {
    return isRegisteredSecure(target);
  }

  negotiates(target: DialTarget): boolean {
    return isRegisteredSecure(target);
  }

  equals(other: Dialer): boolean {
    return (
      other instanceof EitherDialer && other.#secure.equals(this.#secure) && other.#plain.equals(this.#plain)
    );
  }
}

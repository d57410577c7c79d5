// TLS to those endpoints of a service that speak it, and in the clear to its others.

import type { Socket } from 'node:net';
import type { Connected, Dialer, DialTarget, Reader } from '../dial.ts';

export class EitherDialer implements Dialer {
  readonly #secure: Dialer;
  readonly #plain: Dialer;

  readonly #speaksTls: (target: DialTarget) => boolean;

  constructor(secure: Dialer, plain: Dialer, speaksTls: (target: DialTarget) => boolean) {
    this.#secure = secure;
    this.#plain = plain;
    this.#speaksTls = speaksTls;
  }

  dial(
    target: DialTarget,
    reader: Reader,
    onConnected: (connected: Connected) => void,
    alpn?: readonly string[],
  ): Socket {
    const dialer = this.#speaksTls(target) ? this.#secure : this.#plain;
    return dialer.dial(target, reader, onConnected, alpn);
  }

  isSecure(target: DialTarget): boolean {
    return this.#speaksTls(target);
  }

  negotiates(target: DialTarget): boolean {
    return this.#speaksTls(target) && this.#secure.negotiates(target);
  }

  equals(other: Dialer): boolean {
    return (
      other instanceof EitherDialer &&
      other.#speaksTls === this.#speaksTls &&
      other.#secure.equals(this.#secure) &&
      other.#plain.equals(this.#plain)
    );
  }
}

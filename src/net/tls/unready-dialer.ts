// Stands in while there is no identity to connect with: each connection fails with the reason.

import { Socket } from 'node:net';
import type { Dialer } from '../dial.ts';
import { noteHandshakeFailure } from '../handshake.ts';

export class UnreadyDialer implements Dialer {
  readonly #reason: () => string;

  constructor(reason: () => string) {
    this.#reason = reason;
  }

  dial(): Socket {
    const socket = new Socket();
    const detail = this.#reason();
    const error = new Error(detail);
    noteHandshakeFailure(error, { fault: 'no_certificate', detail });
    // Not before the dialling code listens.
    setImmediate(() => socket.destroy(error));
    return socket;
  }

  isSecure(): boolean {
    return true;
  }

  negotiates(): boolean {
    return false;
  }

  equals(other: Dialer): boolean {
    return other === this;
  }
}

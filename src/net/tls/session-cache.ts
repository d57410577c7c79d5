// Sessions to resume, so that a further connection to an endpoint takes one round trip less and no signature.
// Source: RFC 8446 §2.2, RFC 5077.

import type { X509Certificate } from 'node:crypto';

/** A session with the certificate by which its peer was known: one that is resumed shows none. */
export interface PeerSession {
  readonly session: Buffer;
  readonly certificate: X509Certificate;
}

/** Each is some 4 KiB. */
const MAX_SESSIONS = 256;

export class SessionCache {
  readonly #sessions = new Map<string, PeerSession>();

  /** The newest session with this peer. */
  get(peer: string): PeerSession | undefined {
    return this.#sessions.get(peer);
  }

  put(peer: string, session: PeerSession): void {
    this.#sessions.delete(peer);
    const [oldest] = this.#sessions.keys();
    if (oldest !== undefined && this.#sessions.size >= MAX_SESSIONS) this.#sessions.delete(oldest);
    this.#sessions.set(peer, session);
  }

  delete(peer: string): void {
    this.#sessions.delete(peer);
  }
}

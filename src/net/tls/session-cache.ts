// Sessions to resume, so that a further connection to an endpoint takes one round trip less and no signature.
// Source: RFC 8446 §2.2, RFC 5077.

/** A session is about 2 KiB. */
const MAX_SESSIONS = 256;

export class SessionCache {
  readonly #sessions = new Map<string, Buffer>();

  /** The newest session with this peer. */
  get(peer: string): Buffer | undefined {
    return this.#sessions.get(peer);
  }

  put(peer: string, session: Buffer): void {
    this.#sessions.delete(peer);
    const [oldest] = this.#sessions.keys();
    if (oldest !== undefined && this.#sessions.size >= MAX_SESSIONS) this.#sessions.delete(oldest);
    this.#sessions.set(peer, session);
  }

  delete(peer: string): void {
    this.#sessions.delete(peer);
  }
}

// The end of a session that its client notices beforehand, so that no request meets it (RFC 9113 §6.8).

import type { ServerHttp2Session } from 'node:http2';
import type { Clock } from '../../core/clock.ts';
import type { SendNotice } from './shutdown-notice.ts';

/** A client that was responded to within these milliseconds may be about to make its next request. */
const FOLLOW_UP_MS = 100;

/** How long it is watched how many requests a client makes at once, in milliseconds. */
const WATCH_MS = 500;

/** How long a good moment is waited for, in milliseconds. */
const PATIENCE_MS = 2_000;

/** What is under way on a session. */
export interface SessionUse {
  readonly streams: number;
  /** Since when there is none, by the monotonic clock. */
  readonly idleSince: number | undefined;
}

export class SessionShutdown {
  readonly #session: ServerHttp2Session;
  readonly #clock: Clock;
  readonly #sendNotice: SendNotice | undefined;
  /** By the monotonic clock. */
  #wantedSince: number | undefined;
  /** The most streams that were under way at once since then. */
  #most = 0;
  #begun = false;

  constructor(session: ServerHttp2Session, clock: Clock, sendNotice: SendNotice | undefined) {
    this.#session = session;
    this.#clock = clock;
    this.#sendNotice = sendNotice;
  }

  /** The session is to end. It does so by `proceed`. */
  want(): void {
    this.#wantedSince ??= this.#clock.now();
  }

  /** Takes the step that can be taken now, if the session is to end. */
  proceed(use: SessionUse): void {
    const session = this.#session;
    if (this.#wantedSince === undefined || this.#begun || session.destroyed || session.closed) return;
    if (this.#sendNotice === undefined) {
      if (this.#isGoodMoment(use, this.#wantedSince)) this.#endUnnoticed();
      return;
    }
    this.#begun = this.#sendNotice();
    // What the client sent before it received the notice has arrived once the PING is acknowledged. A client that does not read
    // now may do so when this is tried again.
    if (this.#begun) session.ping(() => session.close());
  }

  /**
   * Requests that are on their way when the session ends were never begun, as the GOAWAY tells their client, which may or may not
   * send them again. Hardly any is on its way when there was none for a while, or when as many are here as the client makes at
   * once: right after their responses its next ones are.
   */
  #isGoodMoment({ streams, idleSince }: SessionUse, wantedSince: number): boolean {
    const now = this.#clock.now();
    const waited = now - wantedSince;
    this.#most = Math.max(this.#most, streams);
    if (idleSince !== undefined) return now - idleSince >= FOLLOW_UP_MS || waited >= PATIENCE_MS;
    return waited >= (streams < this.#most ? PATIENCE_MS : WATCH_MS);
  }

  #endUnnoticed(): void {
    this.#begun = true;
    // It names the last stream of all that has been read by then.
    setImmediate(() => this.#session.close());
  }
}

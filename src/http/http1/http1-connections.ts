// The connections to one endpoint: the last used is used first, so that those nobody needs grow old and are closed.

import { afterTurn } from '../../core/after-turn.ts';
import type { Clock, ScheduledTask } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import { authorityOf } from '../../endpoint/endpoint.ts';
import type { Attempt, AttemptObserver, AttemptRequest, EndpointConnections } from '../attempt.ts';
import { toTransportFailure } from '../transport-failure.ts';
import type { TransportOptions } from '../transport-options.ts';
import { Http1Attempt } from './http1-attempt.ts';
import type { ConnectionOwner } from './http1-connection.ts';
import { Http1Connection } from './http1-connection.ts';
import { requestHead } from './request-head.ts';
import { WaitingLine } from './waiting-line.ts';

/**
 * A connection unused for longer, in milliseconds, may have been closed by the endpoint, and we may not have read it yet:
 * a request waits until we have before it goes out on one.
 */
const FRESH_MS = 10;

export class Http1Connections implements EndpointConnections, ConnectionOwner {
  readonly #address: string;
  readonly #port: number;
  readonly #authority: string;
  readonly #options: TransportOptions;
  readonly #clock: Clock;
  readonly #opening = new Map<Http1Connection, ScheduledTask>();
  /** In the order in which they became idle. */
  readonly #idle: Http1Connection[] = [];
  readonly #waiting = new WaitingLine<Http1Attempt>();
  /** Between the end of one turn and that of the next lies a reading of everything that has come until now. */
  readonly #assignSoon = afterTurn(afterTurn(() => this.#assign()));
  #open = 0;
  #expiry: ScheduledTask | undefined;
  #closing = false;

  constructor(address: string, port: number, options: TransportOptions, clock: Clock) {
    this.#address = address;
    this.#port = port;
    this.#authority = authorityOf({ address, port });
    this.#options = options;
    this.#clock = clock;
  }

  get open(): number {
    return this.#open;
  }

  send(request: AttemptRequest, observer: AttemptObserver): Attempt {
    let attempt: Http1Attempt;
    try {
      const { text, length } = requestHead(request, this.#authority);
      attempt = new Http1Attempt(request, text, length, observer);
    } catch (error) {
      attempt = new Http1Attempt(request, '', 0, observer);
      attempt.fail({ reason: 'bad_request', neverSent: true, detail: messageOf(error) });
      return attempt;
    }
    const fresh = this.#waiting.size === 0 ? this.#takeFresh() : undefined;
    if (fresh !== undefined) {
      fresh.carry(attempt);
      return attempt;
    }
    this.#waiting.join(attempt);
    attempt.heldBy(this.#queue);
    if (this.#idle.length > 0) this.#assignSoon();
    else this.#openForWaiting();
    return attempt;
  }

  close(): void {
    this.#closing = true;
    this.#expiry?.cancel();
    for (const connection of this.#idle.splice(0)) connection.destroy();
    if (this.#waiting.size === 0) for (const connection of this.#opening.keys()) connection.destroy();
  }

  connected(connection: Http1Connection): void {
    this.#opened(connection);
    this.released(connection);
  }

  released(connection: Http1Connection): void {
    const attempt = this.#waiting.next();
    if (attempt !== undefined) {
      connection.carry(attempt);
    } else if (this.#closing) {
      connection.destroy();
    } else {
      connection.idleSince = this.#clock.now();
      this.#idle.push(connection);
      this.#expiry ??= this.#clock.schedule(connection.idleForMs, () => this.#expire());
    }
  }

  closed(connection: Http1Connection, error: Error | undefined): void {
    this.#open--;
    this.#opened(connection);
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    if (error !== undefined) {
      const progress = { started: false, responding: false, singleWrite: true };
      this.#waiting.next()?.fail(toTransportFailure(error, progress));
    }
    this.#openForWaiting();
  }

  /** What a waiting attempt can ask for. */
  readonly #queue = {
    pause: (): void => {},
    resume: (): void => {},
    drop: (attempt: Http1Attempt): void => {
      this.#waiting.leave(attempt);
    },
  };

  /** Gives idle connections to those that wait, and opens what is missing. */
  #assign(): void {
    while (this.#waiting.size > 0) {
      const connection = this.#takeIdle(Number.NEGATIVE_INFINITY);
      if (connection === undefined) break;
      const attempt = this.#waiting.next();
      if (attempt !== undefined) connection.carry(attempt);
    }
    this.#openForWaiting();
  }

  #openForWaiting(): void {
    const { maxConnections } = this.#options;
    while (this.#opening.size < this.#waiting.size && this.#open < maxConnections) this.#openOne();
  }

  #openOne(): void {
    const { connectTimeoutMs, keepAliveMs, maxHeaderBytes } = this.#options;
    const connection = new Http1Connection(
      { address: this.#address, port: this.#port, keepAliveMs, maxHeaderBytes },
      this,
    );
    this.#open++;
    const late = this.#clock.schedule(connectTimeoutMs, () => {
      connection.destroy(new Error(`no connection within ${connectTimeoutMs} ms`));
    });
    this.#opening.set(connection, late);
  }

  #opened(connection: Http1Connection): void {
    this.#opening.get(connection)?.cancel();
    this.#opening.delete(connection);
  }

  #takeFresh(): Http1Connection | undefined {
    if (this.#idle.length === 0) return undefined;
    return this.#takeIdle(this.#clock.now() - FRESH_MS);
  }

  /** The last used, unless it has been idle since before this time. */
  #takeIdle(since: number): Http1Connection | undefined {
    for (;;) {
      const last = this.#idle.at(-1);
      if (last === undefined || last.idleSince < since) return undefined;
      this.#idle.pop();
      if (last.usable) return last;
    }
  }

  #expire(): void {
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    const kept: Http1Connection[] = [];
    for (const connection of this.#idle.splice(0)) {
      const expiresAt = connection.idleSince + connection.idleForMs;
      if (expiresAt > now) {
        kept.push(connection);
        next = Math.min(next, expiresAt);
      } else {
        connection.destroy();
      }
    }
    this.#idle.push(...kept);
    this.#expiry = kept.length > 0 ? this.#clock.schedule(next - now, () => this.#expire()) : undefined;
  }
}

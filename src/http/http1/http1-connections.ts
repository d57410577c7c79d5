// The connections to one endpoint: the last used is used first, so that unneeded ones become idle and are closed.

import { afterTurn } from '../../core/after-turn.ts';
import type { Clock, ScheduledTask } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { Dialer, DialTarget } from '../../net/dial.ts';
import { DialTimeout } from '../../net/handshake.ts';
import type {
  Attempt,
  AttemptObserver,
  AttemptRequest,
  EndpointConnections,
  TransportFailure,
} from '../attempt.ts';
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

/** How many requests wait for a connection to one endpoint at most: Envoy's `max_pending_requests`. */
const MAX_WAITING = 1_024;

/** What is sent to an endpoint that has left the service. */
const LEFT: TransportFailure = {
  reason: 'connect_failure',
  neverSent: true,
  detail: 'the endpoint has left the service',
};

export interface Http1ConnectionsParts {
  readonly dialer: Dialer;
  readonly target: DialTarget;
  /** What the endpoint is called in Host. */
  readonly authority: string;
  readonly options: TransportOptions;
  readonly clock: Clock;
  /** A fault of our own has ended a connection. */
  readonly fault: (error: unknown) => void;
  /** As `Transport.connect`. */
  readonly unreached?: ((failure: TransportFailure) => void) | undefined;
}

export class Http1Connections implements EndpointConnections, ConnectionOwner {
  readonly #parts: Http1ConnectionsParts;
  readonly #opening = new Map<Http1Connection, ScheduledTask>();
  /** In the order in which they became idle. */
  readonly #idle: Http1Connection[] = [];
  readonly #waiting = new WaitingLine<Http1Attempt>();
  /** Between the end of one turn and that of the next lies a reading of everything that has come until now. */
  readonly #assignSoon = afterTurn(afterTurn(() => this.#assign()));
  #open = 0;
  #expiry: ScheduledTask | undefined;
  #waitLimit: ScheduledTask | undefined;
  #closing = false;

  constructor(parts: Http1ConnectionsParts) {
    this.#parts = parts;
  }

  get open(): number {
    return this.#open;
  }

  send(request: AttemptRequest, observer: AttemptObserver): Attempt {
    let head: string;
    try {
      head = requestHead(request, request.authority ?? this.#parts.authority);
    } catch (error) {
      return this.#failed(request, observer, {
        reason: 'bad_request',
        neverSent: true,
        detail: messageOf(error),
      });
    }
    if (this.#closing) return this.#failed(request, observer, LEFT);
    if (this.#waiting.size >= MAX_WAITING) {
      return this.#failed(request, observer, this.#limitReached(`${MAX_WAITING} requests wait for one`));
    }
    const attempt = new Http1Attempt(request, head, observer);
    const fresh = this.#waiting.size === 0 ? this.#takeFresh() : undefined;
    if (fresh !== undefined) {
      fresh.carry(attempt);
      return attempt;
    }
    attempt.waitsSince = this.#parts.clock.now();
    attempt.heldBy(this.#queue);
    this.#waiting.join(attempt);
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
      connection.idleSince = this.#parts.clock.now();
      this.#idle.push(connection);
      this.#expiry ??= this.#parts.clock.schedule(connection.idleForMs, () => this.#expire());
    }
  }

  closed(connection: Http1Connection, error: Error | undefined): void {
    this.#open--;
    const wasOpening = this.#opening.has(connection);
    this.#opened(connection);
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    if (error !== undefined) {
      const progress = { started: false, responding: false, singleWrite: true };
      const failure = toTransportFailure(error, progress);
      const attempt = this.#waiting.next();
      if (attempt !== undefined) attempt.fail(failure);
      else if (wasOpening && !this.#closing) this.#parts.unreached?.(failure);
    }
    this.#openForWaiting();
  }

  fault(error: unknown): void {
    this.#parts.fault(error);
  }

  #failed(request: AttemptRequest, observer: AttemptObserver, failure: TransportFailure): Attempt {
    const attempt = new Http1Attempt(request, '', observer);
    attempt.fail(failure);
    return attempt;
  }

  /** Our own limit says nothing of the endpoint, and another may have room. */
  #limitReached(detail: string): TransportFailure {
    const { authority, options } = this.#parts;
    return {
      reason: 'connection_limit',
      neverSent: true,
      detail: `${authority} has ${this.#open} connections in use, the most that connections.maxPerEndpoint (${options.maxConnections}) allows, and ${detail}`,
    };
  }

  /** What a waiting attempt can ask for. */
  readonly #queue = {
    progress: undefined,
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
    const { maxConnections } = this.#parts.options;
    while (this.#opening.size < this.#waiting.size && this.#open < maxConnections) this.#openOne();
    if (this.#opening.size < this.#waiting.size) this.#watchWaiting();
  }

  /** With all connections in use one wait after the other runs out, the longest first. */
  #watchWaiting(): void {
    const first = this.#waiting.first;
    if (this.#waitLimit !== undefined || first === undefined) return;
    const { clock, options } = this.#parts;
    const wait = options.connectTimeoutMs;
    this.#waitLimit = clock.schedule(first.waitsSince + wait - clock.now(), () => {
      this.#waitLimit = undefined;
      const since = clock.now() - wait;
      while ((this.#waiting.first?.waitsSince ?? Number.POSITIVE_INFINITY) <= since) {
        this.#waiting.next()?.fail(this.#limitReached(`none was free within ${wait} ms`));
      }
      if (this.#opening.size < this.#waiting.size) this.#watchWaiting();
    });
  }

  #openOne(): void {
    const { clock, dialer, target, options } = this.#parts;
    const { connectTimeoutMs, keepAliveMs, maxHeaderBytes } = options;
    const connection = new Http1Connection({ dialer, target, clock, keepAliveMs, maxHeaderBytes }, this);
    this.#open++;
    const late = clock.schedule(connectTimeoutMs, () => {
      connection.destroy(new DialTimeout(connectTimeoutMs));
    });
    this.#opening.set(connection, late);
  }

  #opened(connection: Http1Connection): void {
    this.#opening.get(connection)?.cancel();
    this.#opening.delete(connection);
  }

  #takeFresh(): Http1Connection | undefined {
    if (this.#idle.length === 0) return undefined;
    return this.#takeIdle(this.#parts.clock.now() - FRESH_MS);
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
    const now = this.#parts.clock.now();
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
    this.#expiry = kept.length > 0 ? this.#parts.clock.schedule(next - now, () => this.#expire()) : undefined;
  }
}

// The connections to one endpoint over HTTP/2: requests share one up to the endpoint's limit of streams, and more are
// opened when that is reached.

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
import { fieldValue } from '../fields.ts';
import { WaitingLine } from '../http1/waiting-line.ts';
import type { TransportOptions } from '../transport-options.ts';
import type { OutgoingRequest } from './client-attempt.ts';
import { Http2Attempt } from './client-attempt.ts';
import { requestFields, wantsTunnel } from './client-request.ts';
import type { SessionOwner } from './client-session.ts';
import { Http2ClientSession } from './client-session.ts';
import { emptyFields, headListBytes } from './sent-fields.ts';

/**
 * A connection without streams for longer, in milliseconds, may have been closed by the endpoint, and we may not have
 * read it yet: a request waits until we have before it goes out on one.
 */
const FRESH_MS = 10;

/** With so many connections that allow no streams at all, the endpoint wants none: further ones would not change that. */
const MOST_CLOSED = 2;

/** How many requests wait for a stream to one endpoint at most: Envoy's `max_pending_requests`. */
const MAX_WAITING = 1_024;

const LEFT: TransportFailure = {
  reason: 'connect_failure',
  neverSent: true,
  detail: 'the endpoint has left the service',
};

const NO_TUNNELS: TransportFailure = {
  reason: 'not_implemented',
  neverSent: true,
  detail:
    'the endpoint takes no WebSocket over HTTP/2: its settings do not allow extended CONNECT (RFC 8441). Where it speaks HTTP/1.1 too, protocol: http carries WebSockets',
};

/** How node:http2 gives the size that an endpoint has not said. */
const UNLIMITED_BYTES = 2 ** 32 - 1;

const NO_REQUEST: OutgoingRequest = { fields: emptyFields(), body: undefined, tunnelKey: undefined };

export interface Http2ConnectionsParts {
  readonly dialer: Dialer;
  readonly target: DialTarget;
  /** What the endpoint is called in `:authority`. */
  readonly authority: string;
  readonly options: TransportOptions;
  readonly clock: Clock;
  /** A fault of our own has ended a stream. */
  readonly fault: (error: unknown) => void;
  /** As `Transport.connect`. */
  readonly unreached?: ((failure: TransportFailure) => void) | undefined;
}

export class Http2Connections implements EndpointConnections, SessionOwner {
  readonly #parts: Http2ConnectionsParts;
  readonly #opening = new Map<Http2ClientSession, ScheduledTask>();
  /** Those that stand and take new streams, the oldest first. */
  readonly #standing: Http2ClientSession[] = [];
  readonly #waiting = new WaitingLine<Http2Attempt>();
  /** Between the end of one turn and that of the next lies a reading of everything that has come until now. */
  readonly #assignSoon = afterTurn(afterTurn(() => this.#assign()));
  readonly #scheme: 'http' | 'https';
  #open = 0;
  /** How many streams the last connection took at once. */
  #streamsEach = Number.POSITIVE_INFINITY;
  #expiry: ScheduledTask | undefined;
  #waitLimit: ScheduledTask | undefined;
  #closing = false;

  constructor(parts: Http2ConnectionsParts) {
    this.#parts = parts;
    this.#scheme = parts.dialer.isSecure(parts.target) ? 'https' : 'http';
  }

  get open(): number {
    return this.#open;
  }

  send(request: AttemptRequest, observer: AttemptObserver): Attempt {
    let outgoing: OutgoingRequest;
    try {
      outgoing = this.#outgoing(request);
    } catch (error) {
      return failed(observer, { reason: 'bad_request', neverSent: true, detail: messageOf(error) });
    }
    if (this.#closing) return failed(observer, LEFT);
    if (this.#waiting.size >= MAX_WAITING) {
      return failed(observer, this.#limitReached(`${MAX_WAITING} requests wait for one`));
    }
    const attempt = new Http2Attempt(outgoing, observer);
    const session = this.#waiting.size === 0 ? this.#withRoom() : undefined;
    const now = this.#parts.clock.now();
    if (session !== undefined && (session.streams > 0 || now - session.idleSince <= FRESH_MS)) {
      this.#carry(session, attempt);
      return attempt;
    }
    attempt.waitsSince = now;
    attempt.heldBy(this.#queue);
    this.#waiting.join(attempt);
    if (session !== undefined) this.#assignSoon();
    else this.#openForWaiting();
    return attempt;
  }

  close(): void {
    this.#closing = true;
    this.#expiry?.cancel();
    if (this.#waiting.size > 0) return;
    for (const session of [...this.#standing]) session.retire();
    for (const session of [...this.#opening.keys()]) session.destroy(new Error(LEFT.detail));
  }

  available(session: Http2ClientSession): void {
    if (this.#opening.has(session)) {
      this.#opened(session);
      session.idleSince = this.#parts.clock.now();
      this.#standing.push(session);
      this.idle(session);
    }
    // While an endpoint allows none, one more connection shows whether others are like that.
    this.#streamsEach = session.maxStreams > 0 ? session.maxStreams : Number.POSITIVE_INFINITY;
    this.#assign();
  }

  idle(session: Http2ClientSession): void {
    const { clock, options } = this.#parts;
    if (this.#closing && this.#waiting.size === 0) {
      session.retire();
      return;
    }
    session.idleSince = clock.now();
    this.#expiry ??= clock.schedule(options.keepAliveMs, () => this.#expire());
  }

  retired(session: Http2ClientSession): void {
    const at = this.#standing.indexOf(session);
    if (at !== -1) this.#standing.splice(at, 1);
    this.#openForWaiting();
  }

  closed(session: Http2ClientSession, failure: TransportFailure | undefined): void {
    this.#open--;
    const wasOpening = this.#opening.has(session);
    this.#opened(session);
    const at = this.#standing.indexOf(session);
    if (at !== -1) this.#standing.splice(at, 1);
    if (failure !== undefined && this.#waiting.size > 0) this.#notOpened(failure);
    else if (failure !== undefined && wasOpening && !this.#closing) this.#parts.unreached?.(failure);
    this.#openForWaiting();
  }

  fault(error: unknown): void {
    this.#parts.fault(error);
  }

  #outgoing(request: AttemptRequest): OutgoingRequest {
    const fields = requestFields(request, this.#scheme, this.#parts.authority);
    if (!wantsTunnel(request)) return { fields, body: request.body, tunnelKey: undefined };
    return { fields, body: undefined, tunnelKey: fieldValue(request.fields, 'sec-websocket-key') ?? '' };
  }

  /** Our own limit says nothing of the endpoint, and another may have room. */
  #limitReached(detail: string): TransportFailure {
    const { authority, options } = this.#parts;
    const inUse = this.#allowsNone
      ? 'allows no streams now (SETTINGS_MAX_CONCURRENT_STREAMS is 0)'
      : `has ${this.#open} connections of ${options.maxConnections} (connections.maxPerEndpoint) with all the streams that it allows in use`;
    return { reason: 'connection_limit', neverSent: true, detail: `${authority} ${inUse}, and ${detail}` };
  }

  /** What a waiting attempt can ask for. */
  readonly #queue = {
    progress: undefined,
    pause: (): void => {},
    resume: (): void => {},
    drop: (attempt: Http2Attempt): void => {
      this.#waiting.leave(attempt);
    },
  };

  #withRoom(): Http2ClientSession | undefined {
    return this.#standing.find((session) => session.free > 0);
  }

  #carry(session: Http2ClientSession, attempt: Http2Attempt): void {
    const refusal = refusalBy(session, attempt.request);
    if (refusal === undefined) session.carry(attempt);
    else attempt.fail(refusal);
  }

  /** Gives streams to those that wait, and opens what is missing. */
  #assign(): void {
    for (;;) {
      const session = this.#waiting.size === 0 ? undefined : this.#withRoom();
      const attempt = session && this.#waiting.next();
      if (session === undefined || attempt === undefined) break;
      this.#carry(session, attempt);
    }
    this.#openForWaiting();
  }

  #openForWaiting(): void {
    if (this.#waiting.size === 0) {
      if (this.#closing) this.close();
      return;
    }
    while (this.#expected() < this.#waiting.size && this.#mayOpen) this.#openOne();
    if (this.#expected() < this.#waiting.size) this.#watchWaiting();
  }

  get #mayOpen(): boolean {
    return this.#open < this.#parts.options.maxConnections && !this.#allowsNone;
  }

  /** The endpoint has set SETTINGS_MAX_CONCURRENT_STREAMS to 0 (RFC 9113 §6.5.2), and may change it. */
  get #allowsNone(): boolean {
    return this.#standing.filter(({ maxStreams }) => maxStreams === 0).length >= MOST_CLOSED;
  }

  /** How many of those that wait will find a stream on the connections that are being opened. */
  #expected(): number {
    return this.#opening.size === 0 ? 0 : this.#opening.size * this.#streamsEach;
  }

  /** With all streams in use one wait after the other runs out, the longest first. */
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
      if (this.#expected() < this.#waiting.size) this.#watchWaiting();
    });
  }

  #openOne(): void {
    const { clock, dialer, target, options } = this.#parts;
    const { connectTimeoutMs, maxHeaderBytes, pings } = options;
    const session = new Http2ClientSession({ dialer, target, clock, maxHeaderBytes, pings }, this);
    this.#open++;
    const late = clock.schedule(connectTimeoutMs, () => {
      session.destroy(new DialTimeout(connectTimeoutMs));
    });
    this.#opening.set(session, late);
  }

  #opened(session: Http2ClientSession): void {
    this.#opening.get(session)?.cancel();
    this.#opening.delete(session);
  }

  /** Those that waited for this connection alone fail with it; with others standing, the first does. */
  #notOpened(failure: TransportFailure): void {
    const failing = this.#standing.length + this.#opening.size > 0 ? 1 : this.#waiting.size;
    for (let i = 0; i < failing; i++) this.#waiting.next()?.fail(failure);
  }

  #expire(): void {
    const { clock, options } = this.#parts;
    const now = clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const session of [...this.#standing]) {
      if (session.streams > 0) continue;
      const expiresAt = session.idleSince + options.keepAliveMs;
      if (expiresAt > now) next = Math.min(next, expiresAt);
      else session.retire();
    }
    this.#expiry = Number.isFinite(next) ? clock.schedule(next - now, () => this.#expire()) : undefined;
  }
}

function failed(observer: AttemptObserver, failure: TransportFailure): Attempt {
  const attempt = new Http2Attempt(NO_REQUEST, observer);
  attempt.fail(failure);
  return attempt;
}

/** Why the endpoint would refuse the request, by its own settings. Sent in spite of them it would count against the endpoint. */
function refusalBy(
  { tunnels, maxHeadBytes }: Http2ClientSession,
  { fields, tunnelKey }: OutgoingRequest,
): TransportFailure | undefined {
  if (tunnelKey !== undefined && !tunnels) return NO_TUNNELS;
  // What most endpoints leave unsaid, and then nothing needs to be counted.
  if (maxHeadBytes >= UNLIMITED_BYTES) return undefined;
  const bytes = headListBytes(fields);
  if (bytes <= maxHeadBytes) return undefined;
  const detail = `the head of the request has ${bytes} bytes as HTTP/2 counts them, and the endpoint takes ${maxHeadBytes} (SETTINGS_MAX_HEADER_LIST_SIZE)`;
  return { reason: 'headers_too_large', neverSent: true, detail };
}

// A client's HTTP/2 connection: an exchange for each of its streams. node:http2 (nghttp2) reads and writes the frames; what
// it leaves open is bounded here. Source: RFC 9113 §5.1.2, §6.8 (GOAWAY), §10.5 (denial of service).

import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Clock } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import type { ConnectionStream } from '../../net/connection-stream.ts';
import { unacknowledgedBytes } from '../../net/send-queue.ts';
import type { ClientConnection } from '../client-connection.ts';
import type { ClientTunnel, Exchange } from '../exchange.ts';
import type { RequestHead, ResponseHead } from '../message.ts';
import { closeStream } from './close-stream.ts';
import { TAKES_WHITESPACE } from './field-lines.ts';
import { MalformedRequest, requestHeadOf } from './fields.ts';
import type { FloodKind } from './flood-guard.ts';
import { FloodGuard } from './flood-guard.ts';
import { ENHANCE_YOUR_CALM, http2, INTERNAL_ERROR, NO_ERROR } from './node-http2.ts';
import { ResetShare } from './reset-share.ts';
import type { StreamHost } from './server-exchange.ts';
import { StreamExchange } from './server-exchange.ts';
import { endWithCare } from './session-end.ts';
import { SessionShutdown } from './session-shutdown.ts';
import { noticeOver } from './shutdown-notice.ts';
import { PER_CONTENT, PER_STREAM, PER_WRITE, UnusedBytes } from './unused-bytes.ts';

/** Called with what arrives. */
export interface Http2Handlers {
  exchange(exchange: Exchange): void;
  /** What arrived is no request. @returns the response to it */
  refused(
    error: AmbassadorError,
    contentType: string | undefined,
  ): { readonly head: ResponseHead; readonly body: Buffer };
  /** A CONNECT was granted: what comes on the stream may be anything. */
  tunnel(stream: ConnectionStream, tunnel: ClientTunnel): void;
  /** A handler threw: its stream has been ended. */
  fault(error: unknown): void;
}

export interface Http2ConnectionOptions {
  readonly clock: Clock;
  /** The most bytes of a head. */
  readonly maxHeaderBytes: number;
  /** How long the connection may stay unused, in milliseconds. */
  readonly keepAliveMs: number;
}

/** Streams that a client may have open at once; what it asks beyond is refused as never begun (REFUSED_STREAM). */
const MAX_STREAMS = 250;

/** What a client may send of one stream's content before it is read, in bytes. */
const STREAM_WINDOW_BYTES = 64 * 1024 - 1;

/** The same of all streams together: content that waits for its own stream does not hold up the others. */
const CONNECTION_WINDOW_BYTES = 1024 * 1024;

/**
 * The most fields of one head. Each costs several hundred bytes until it is collected, of which its client may send but one.
 * Browsers send their cookies in a field each: at most 180.
 */
const MAX_FIELDS = 256;

/** A field counts so many bytes more than its name and value (RFC 9113 §10.5.1). */
const FIELD_OVERHEAD_BYTES = 32;

/** In megabytes, as node:http2 counts what a session holds. */
const MAX_SESSION_MEMORY_MB = 16;

/** nghttp2's own bound for resets would hit clients that cancel much: `ResetShare` sees to it. */
const RESETS_UNBOUNDED = 1_000_000;

/** How long a connection may take to close after GOAWAY, in milliseconds. */
const END_MS = 5_000;

const NEVER = Number.POSITIVE_INFINITY;

export class Http2Connection implements ClientConnection, StreamHost {
  readonly remoteAddress: string | undefined;
  readonly tunnelAuthority: string | undefined;
  readonly #socket: ConnectionStream;
  readonly #options: Http2ConnectionOptions;
  readonly #handlers: Http2Handlers;
  readonly #service: () => string | undefined;
  readonly #session: ServerHttp2Session;
  readonly #shutdown: SessionShutdown;
  readonly #exchanges = new Set<StreamExchange>();
  readonly #guard = new FloodGuard();
  readonly #resets = new ResetShare();
  readonly #unused: UnusedBytes;
  #streams = 0;
  /** Something was sent since the last PING came. */
  #wrote = false;
  #idleSince: number;
  #endsBy = NEVER;

  /**
   * @param bytes what was read of it already
   * @param tunnelAuthority the host of the CONNECT in whose tunnel this is; undefined outside of one
   */
  constructor(
    socket: ConnectionStream,
    options: Http2ConnectionOptions,
    handlers: Http2Handlers,
    service: () => string | undefined,
    bytes: Buffer | undefined,
    tunnelAuthority?: string,
  ) {
    this.tunnelAuthority = tunnelAuthority;
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress;
    this.#options = options;
    this.#handlers = handlers;
    this.#service = service;
    this.#idleSince = options.clock.now();
    this.#unused = new UnusedBytes(this.#idleSince);
    if (bytes !== undefined && bytes.length > 0) socket.unshift(bytes);
    const sendNotice = noticeOver(socket);
    this.#session = http2().performServerHandshake(socket, {
      // Twice what is taken, here and below: a head beyond the bound gets a response that says so, if it is not enormous.
      maxHeaderListPairs: 2 * MAX_FIELDS,
      maxSessionMemory: MAX_SESSION_MEMORY_MB,
      streamResetBurst: RESETS_UNBOUNDED,
      streamResetRate: RESETS_UNBOUNDED,
      strictSingleValueFields: false,
      ...TAKES_WHITESPACE,
      settings: {
        enablePush: false,
        enableConnectProtocol: true,
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxConcurrentStreams: MAX_STREAMS,
        maxHeaderListSize: 2 * options.maxHeaderBytes,
      },
    });
    this.#shutdown = new SessionShutdown(this.#session, options.clock, sendNotice);
    endWithCare(this.#session, () => {
      this.#endsBy = options.clock.now() + END_MS;
    });
    this.#listen();
  }

  get service(): string | undefined {
    return this.#service();
  }

  /** Since when no stream is open, in the clock's milliseconds; undefined while one is. */
  get idleSince(): number | undefined {
    return this.#exchanges.size === 0 ? this.#idleSince : undefined;
  }

  /** Sends GOAWAY: the client makes its next requests elsewhere; those under way, and on their way, are served. */
  drain(): void {
    this.#shutdown.want();
    this.#proceedWithShutdown();
  }

  /** GOAWAY first: what the client sends at this moment was never begun, and may be sent again (RFC 9113 §6.8). */
  close(): void {
    this.#close(NO_ERROR);
  }

  /** Ends what has run out of time. @param now by the monotonic clock */
  expire(now: number): void {
    if (now >= this.#endsBy) {
      this.#socket.destroy();
      return;
    }
    if (!this.#unused.admits(this.#socket.bytesRead, now)) this.#close(ENHANCE_YOUR_CALM);
    this.#proceedWithShutdown();
    const { idleSince } = this;
    if (idleSince === undefined || now - idleSince < this.#options.keepAliveMs) return;
    this.#close(NO_ERROR);
  }

  date(): string {
    return new Date(this.#options.clock.wallTime()).toUTCString();
  }

  async unacknowledged(): Promise<number | undefined> {
    // With several streams the bytes cannot be attributed to one of them.
    return this.#exchanges.size === 1 ? await unacknowledgedBytes(this.#socket) : undefined;
  }

  wrote(): void {
    this.#wrote = true;
    this.#unused.use(PER_WRITE);
  }

  read(bytes: number): void {
    this.#unused.use(PER_CONTENT + bytes);
  }

  lookInside(stream: ConnectionStream, tunnel: ClientTunnel): void {
    this.#handlers.tunnel(stream, tunnel);
  }

  ended(exchange: StreamExchange, early: boolean): void {
    this.#exchanges.delete(exchange);
    if (exchange.mayStillCome) this.#unused.use(STREAM_WINDOW_BYTES);
    this.#ended(early);
  }

  guard(stream: ServerHttp2Stream, task: () => void): void {
    try {
      task();
    } catch (error) {
      closeStream(stream, INTERNAL_ERROR);
      this.#handlers.fault(error);
    }
  }

  #listen(): void {
    const session = this.#session;
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on('error', ignored);
    session.on('stream', (stream, _headers, flags, raw) => this.#begin(stream, flags, raw));
    session.on('ping', () => this.#pinged());
    session.on('remoteSettings', () => this.#count('settings'));
    // A client that has closed its side has left: HTTP/2 has no half-closed connections.
    this.#socket.on('end', () => this.#socket.destroy());
    session.on('close', () => this.#socket.destroy());
  }

  #begin(stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    stream.on('error', ignored);
    this.#unused.use(PER_STREAM + headBytes(raw));
    if (stream.destroyed) {
      // Opened and reset in one read.
      this.#ended(true);
      return;
    }
    this.guard(stream, () => {
      this.#streams++;
      const endsAtOnce = (flags & END_STREAM) !== 0;
      const exchange = this.#exchangeOf(stream, raw, endsAtOnce);
      if (exchange !== undefined) this.#handlers.exchange(exchange);
      this.#proceedWithShutdown();
    });
  }

  /** @returns undefined when it is no request, and has been refused */
  #exchangeOf(
    stream: ServerHttp2Stream,
    raw: readonly string[],
    endsAtOnce: boolean,
  ): StreamExchange | undefined {
    try {
      this.#checkSize(raw);
      return this.#add(stream, requestHeadOf(raw), endsAtOnce);
    } catch (error) {
      const refusal = asRefusal(error);
      this.#count('malformed');
      const method = raw[raw.indexOf(':method') + 1] === 'HEAD' ? 'HEAD' : 'GET';
      const exchange = this.#add(stream, { ...NOT_A_REQUEST, method }, endsAtOnce);
      const contentType = raw.includes('content-type') ? raw[raw.indexOf('content-type') + 1] : undefined;
      const { head, body } = this.#handlers.refused(refusal, contentType);
      exchange.respond(head);
      exchange.data(body);
      exchange.end([]);
      return undefined;
    }
  }

  #add(stream: ServerHttp2Stream, request: RequestHead, endsAtOnce: boolean): StreamExchange {
    const exchange = new StreamExchange(stream, request, endsAtOnce, this);
    this.#exchanges.add(exchange);
    return exchange;
  }

  #checkSize(raw: readonly string[]): void {
    const { maxHeaderBytes } = this.#options;
    const fault =
      raw.length / 2 > MAX_FIELDS
        ? `has more than ${MAX_FIELDS} fields`
        : headBytes(raw) > maxHeaderBytes && `is longer than ${maxHeaderBytes} bytes`;
    if (fault !== false) throw new AmbassadorError('headers_too_large', `The head of the request ${fault}.`);
  }

  /** A client that measures its connection asks again for each part that it is sent, as gRPC does: that costs no more. */
  #pinged(): void {
    if (!this.#wrote) this.#count('pings');
    this.#wrote = false;
  }

  #ended(early: boolean): void {
    this.#idleSince = this.#options.clock.now();
    if (!this.#resets.admits(early)) this.#close(ENHANCE_YOUR_CALM);
    this.#proceedWithShutdown();
  }

  #count(kind: FloodKind): void {
    if (!this.#guard.admits(kind, this.#options.clock.now())) this.#close(ENHANCE_YOUR_CALM);
  }

  /** A connection that has served nothing yet serves at least one request: its client would come back at once. */
  #proceedWithShutdown(): void {
    if (this.#streams === 0) return;
    this.#shutdown.proceed({ streams: this.#exchanges.size, idleSince: this.idleSince });
  }

  /** Ends the connection and all its streams. */
  #close(code: number): void {
    if (!this.#session.destroyed)
      this.#session.destroy(new Error(`the connection is ended with ${code}`), code);
  }
}

/**
 * Faults of the client or its connection: its streams are closed, and that is all there is to do. A function made where a stream
 * begins would keep the fields of its head.
 */
function ignored(): void {}

/** As SETTINGS_MAX_HEADER_LIST_SIZE counts. */
function headBytes(raw: readonly string[]): number {
  let size = (raw.length / 2) * FIELD_OVERHEAD_BYTES;
  for (const text of raw) size += text.length;
  return size;
}

/** The flag of a frame that is the last of its stream (RFC 9113 §6.2). */
const END_STREAM = 0x1;

/** What a refusal responds to: as little as can be presumed of the client. */
const NOT_A_REQUEST: RequestHead = {
  method: '',
  scheme: 'http',
  authority: undefined,
  target: '',
  version: '2',
  fields: [],
  upgrade: undefined,
  expectation: undefined,
};

function asRefusal(error: unknown): AmbassadorError {
  if (error instanceof AmbassadorError) return error;
  if (!(error instanceof MalformedRequest)) throw error;
  return new AmbassadorError('bad_request', `The head of the request is faulty: ${error.message}`);
}

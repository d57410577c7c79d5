// A client's connection that speaks HTTP/2: each stream of it is an exchange.
// Source: RFC 9113 §5 (streams), §6.8 (GOAWAY), §7 (ENHANCE_YOUR_CALM), §10.5 (denial of service).

import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { constants, performServerHandshake } from 'node:http2';
import type { Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import type { ClientConnection } from '../client-connection.ts';
import type { Exchange } from '../exchange.ts';
import type { RequestHead, ResponseHead } from '../message.ts';
import { MalformedRequest, requestHeadOf } from './fields.ts';
import type { FloodKind } from './flood-guard.ts';
import { FloodGuard } from './flood-guard.ts';
import { StreamExchange } from './server-exchange.ts';

/** Who hears of what arrives. */
export interface Http2Handlers {
  exchange(exchange: Exchange): void;
  /** What arrived is no request. @returns the response to it */
  refused(error: AmbassadorError): { readonly head: ResponseHead; readonly body: Buffer };
  /** A handler threw: its stream has been ended. */
  fault(error: unknown): void;
}

export interface Http2ConnectionOptions {
  readonly clock: Clock;
  /** The most bytes of a head. */
  readonly maxHeaderBytes: number;
  /** How long the connection may stay unused, in milliseconds. */
  readonly idleMs: number;
  /** The listener is draining: the first requests of this connection are its last. */
  readonly draining: boolean;
}

/** How many requests a client may have under way over one connection. */
const MAX_STREAMS = 250;

/** How many fields a head may have; HTTP/1.1 heads are bound by their bytes alone. */
const MAX_FIELDS = 1_000;

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_PROTOCOL_ERROR, NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM } =
  constants;

const NOT_A_REQUEST: RequestHead = {
  method: 'GET',
  scheme: 'http',
  authority: undefined,
  target: '/',
  version: '2',
  upgrade: undefined,
  expectation: undefined,
  fields: [],
};

export class Http2Connection implements ClientConnection {
  readonly #session: ServerHttp2Session;
  readonly #options: Http2ConnectionOptions;
  readonly #handlers: Http2Handlers;
  readonly #service: () => string | undefined;
  readonly #remoteAddress: string | undefined;
  readonly #tunnelAuthority: string | undefined;
  readonly #guard = new FloodGuard();
  #streams = 0;
  #idleSince: number | undefined;
  #draining: boolean;

  /**
   * @param bytes what was read of it already
   * @param tunnelAuthority the host of the CONNECT in whose tunnel this is; undefined outside of one
   */
  constructor(
    socket: Socket,
    bytes: Buffer,
    options: Http2ConnectionOptions,
    handlers: Http2Handlers,
    service: () => string | undefined,
    tunnelAuthority?: string,
  ) {
    this.#options = options;
    this.#handlers = handlers;
    this.#service = service;
    this.#remoteAddress = socket.remoteAddress;
    this.#tunnelAuthority = tunnelAuthority;
    this.#idleSince = options.clock.now();
    this.#draining = options.draining;
    socket.pause();
    if (bytes.length > 0) socket.unshift(bytes);
    this.#session = performServerHandshake(socket, {
      maxHeaderListPairs: MAX_FIELDS,
      settings: {
        enableConnectProtocol: true,
        maxConcurrentStreams: MAX_STREAMS,
        maxHeaderListSize: options.maxHeaderBytes,
      },
    });
    socket.on('error', () => this.#session.destroy());
    this.#session.on('error', () => {});
    this.#session.on('stream', (stream, _headers, flags, raw) => this.#begin(stream, flags, raw));
    this.#session.on('ping', () => this.#count('pings'));
    this.#session.on('remoteSettings', () => this.#count('settings'));
  }

  get idleSince(): number | undefined {
    return this.#idleSince;
  }

  drain(): void {
    this.#draining = true;
    this.#close();
  }

  expire(now: number): void {
    if (this.#idleSince === undefined || now - this.#idleSince < this.#options.idleMs) return;
    this.#close();
  }

  /** GOAWAY. Requests that come before the client has read it are refused as never begun, and may be sent again. */
  #close(): void {
    if (!this.#session.closed && !this.#session.destroyed) this.#session.close();
  }

  #begin(stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    this.#streams++;
    this.#idleSince = undefined;
    stream.on('close', () => this.#ended(stream));
    try {
      const hasContent = (flags & NGHTTP2_FLAG_END_STREAM) === 0;
      const head = this.#headOf(stream, raw);
      if (head !== undefined) this.#handlers.exchange(this.#exchange(stream, head, hasContent));
    } catch (error) {
      stream.close(NGHTTP2_CANCEL);
      this.#handlers.fault(error);
    }
    if (this.#draining) this.#close();
  }

  /** Undefined for a stream that has been refused. */
  #headOf(stream: ServerHttp2Stream, raw: readonly string[]): RequestHead | undefined {
    try {
      return requestHeadOf(raw);
    } catch (error) {
      if (!(error instanceof MalformedRequest)) throw error;
      this.#count('malformed');
      this.#refuse(stream, new AmbassadorError('bad_request', error.message));
      return undefined;
    }
  }

  #refuse(stream: ServerHttp2Stream, error: AmbassadorError): void {
    const { head, body } = this.#handlers.refused(error);
    const exchange = this.#exchange(stream, NOT_A_REQUEST, true);
    exchange.respond(head);
    exchange.data(body);
    exchange.end([]);
    exchange.body?.abandon();
  }

  #exchange(stream: ServerHttp2Stream, head: RequestHead, hasContent: boolean): StreamExchange {
    return new StreamExchange(stream, head, hasContent, {
      remoteAddress: this.#remoteAddress,
      tunnelAuthority: this.#tunnelAuthority,
      listenerService: this.#service(),
    });
  }

  #ended(stream: ServerHttp2Stream): void {
    this.#streams--;
    if (this.#streams === 0) this.#idleSince = this.#options.clock.now();
    if (stream.rstCode === NGHTTP2_CANCEL || stream.rstCode === NGHTTP2_PROTOCOL_ERROR) this.#count('resets');
  }

  #count(kind: FloodKind): void {
    if (this.#guard.admits(kind, this.#options.clock.now()) || this.#session.destroyed) return;
    this.#session.destroy(undefined, NGHTTP2_ENHANCE_YOUR_CALM);
  }
}

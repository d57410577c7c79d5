// A client's connection: requests out of its bytes, one after the other, and their responses in the same order.
// Source: RFC 9112 §9 (connections), §2.2 (message parsing).

import type { Clock } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import type { ConnectionStream } from '../../net/connection-stream.ts';
import { withOwnReads } from '../../net/own-reads.ts';
import { resetConnection } from '../../net/reset.ts';
import { SWITCHED_READS } from '../../net/shared-reads.ts';
import { SocketProgress } from '../../net/socket-progress.ts';
import type { ClientTunnel, Exchange } from '../exchange.ts';
import type { RequestHead, ResponseHead } from '../message.ts';
import type { ConnectionTimeLimits } from './connection-times.ts';
import { ConnectionTimes } from './connection-times.ts';
import { DepartureWatch } from './departure.ts';
import type { IncomingHead } from './incoming-head.ts';
import { readHead, startOfHead, unreadableRequest } from './incoming-head.ts';
import type { ContentHost } from './request-content.ts';
import { ArrivingContent } from './request-content.ts';
import type { ExchangeHost } from './server-exchange.ts';
import { ServerExchange } from './server-exchange.ts';

/** A response of our own, whole. */
export interface WholeResponse {
  readonly head: ResponseHead;
  readonly body: Buffer;
}

/** Called with what arrives. */
export interface ServerHandlers {
  exchange(exchange: Exchange): void;
  /** What arrived is no request. @returns the response to it */
  refused(error: AmbassadorError): WholeResponse;
  /** The connection carries no HTTP any more. @param stream what stands for it now */
  switched(socket: ConnectionStream, stream: ConnectionStream): void;
  /** A CONNECT was granted: what comes on the socket may be anything. */
  tunnel(socket: ConnectionStream, tunnel: ClientTunnel): void;
  /** A handler threw: the connection has been ended. */
  fault(error: unknown): void;
}

export interface ServerConnectionOptions extends ConnectionTimeLimits {
  readonly clock: Clock;
  /** The most bytes of a head, and of trailers. */
  readonly maxHeaderBytes: number;
}

/** How much is read ahead of the request that is being responded to, in bytes. */
const READ_AHEAD_BYTES = 64 * 1024;

export class ServerConnection implements ExchangeHost, ContentHost {
  readonly socket: ConnectionStream;
  progress: SocketProgress;
  readonly remoteAddress: string | undefined;
  readonly keepAliveFields: string;
  readonly tunnelAuthority: string | undefined;
  readonly #options: ServerConnectionOptions;
  readonly #handlers: ServerHandlers;
  readonly #service: () => string | undefined;
  readonly #scheme: RequestHead['scheme'];
  readonly #content: ArrivingContent;
  readonly #times: ConnectionTimes;
  readonly #departure: DepartureWatch;
  #unread: Buffer | undefined;
  #exchange: ServerExchange | undefined;
  #advancing = false;
  #paused = false;
  #draining = false;
  /** The client has closed its side. */
  #clientEnded = false;
  /** Nothing that arrives is read as HTTP any more. */
  #lingering = false;
  #switched = false;

  /** @param tunnelAuthority the host of the CONNECT in whose tunnel this is; undefined outside of one */
  constructor(
    socket: ConnectionStream,
    options: ServerConnectionOptions,
    handlers: ServerHandlers,
    service: () => string | undefined,
    tunnelAuthority?: string,
  ) {
    this.socket = socket;
    this.tunnelAuthority = tunnelAuthority;
    this.progress = new SocketProgress(socket);
    this.remoteAddress = socket.remoteAddress;
    this.keepAliveFields = `connection: keep-alive\r\nkeep-alive: timeout=${Math.floor(options.keepAliveMs / 1000)}\r\n`;
    this.#options = options;
    this.#handlers = handlers;
    this.#service = service;
    this.#scheme = 'encrypted' in socket ? 'https' : 'http';
    this.#content = new ArrivingContent(this, options.maxHeaderBytes);
    this.#times = new ConnectionTimes(options.clock, options);
    this.#departure = new DepartureWatch(socket, options.clock);
    socket.on('data', this.#onData);
    socket.on('end', this.#onEnd);
    socket.on('drain', this.#onDrain);
    socket.on('close', this.#onClose);
    socket.on('error', () => socket.destroy());
  }

  /** No request is under way, nor has one begun to arrive. */
  get idle(): boolean {
    return this.#exchange === undefined && this.#unread === undefined && !this.#lingering && !this.#switched;
  }

  /** Since when it has been idle, in the clock's milliseconds; undefined when it is not. */
  get idleSince(): number | undefined {
    return this.idle ? this.#times.unusedSince : undefined;
  }

  /** From now on each response is the last of its connection. */
  drain(): void {
    this.#draining = true;
  }

  /** Bytes that came before the connection was known to be HTTP/1.1. */
  begin(bytes: Buffer): void {
    this.#onData(bytes);
  }

  close(): void {
    this.socket.destroy();
  }

  /** Ends what has run out of time. @param now by the monotonic clock */
  expire(now: number): void {
    if (!this.#times.expired(now)) return;
    this.#guard(() => {
      // The end of a response may still be leaving, for a client that reads slowly.
      if (this.idle && this.socket.writableLength > 0) this.#linger();
      else if (this.#lingering || this.idle || this.#behind) this.socket.destroy();
      else if (this.#exchange === undefined) this.#refuse(headTooLate());
      else if (this.#exchange.over) this.#linger();
    });
  }

  wallTime(): number {
    return this.#options.clock.wallTime();
  }

  canPersist(): boolean {
    const moreMayCome = !this.#clientEnded || this.#unread !== undefined;
    return !this.#draining && moreMayCome && !this.#content.isFaulty;
  }

  responded(persists: boolean): void {
    if (!persists) {
      this.#linger();
    } else if (!this.#content.over) {
      // RFC 9112 §9.3: the next request stands behind the rest of this one's content.
      this.#times.discard();
      this.#content.abandon();
    } else {
      this.#next();
    }
  }

  switched(): ConnectionStream {
    const { socket } = this;
    this.#leave();
    const stream = withOwnReads(socket, SWITCHED_READS);
    this.progress = new SocketProgress(stream);
    this.#handlers.switched(socket, stream);
    return stream;
  }

  lookInside(tunnel: ClientTunnel): void {
    this.#leave();
    this.#handlers.tunnel(this.socket, tunnel);
  }

  /** What comes is not read here any more. */
  #leave(): void {
    const { socket } = this;
    this.#switched = true;
    this.#exchange = undefined;
    this.#times.clear();
    socket.off('data', this.#onData);
    socket.off('end', this.#onEnd);
    socket.off('drain', this.#onDrain);
    if (this.#content.over) socket.off('close', this.#onClose);
    this.#departure.stop();
    socket.pause();
    if (this.#unread !== undefined) socket.unshift(this.#unread);
    this.#unread = undefined;
  }

  broken(abruptly: boolean): void {
    this.#departure.stop();
    this.#lingering = true;
    this.#unread = undefined;
    this.#times.discard();
    if (abruptly) resetConnection(this.socket);
    else this.socket.destroySoon();
  }

  contentArrives(): void {
    this.#exchange?.contentArrives();
  }

  contentEnds(): void {
    if (this.#exchange?.over === true) this.#next();
  }

  contentWanted(): void {
    this.#advance();
  }

  contentSpoilt(): void {
    this.#linger();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#lingering) {
      this.#times.discarded();
      return;
    }
    if (this.idle) this.#awaitHead();
    else if (this.#exchange?.over === true) this.#times.discarded();
    this.#unread = this.#unread === undefined ? chunk : Buffer.concat([this.#unread, chunk]);
    this.#advance();
  };

  readonly #onEnd = (): void => {
    this.#clientEnded = true;
    this.#guard(() => this.#endOfInput());
  };

  readonly #onDrain = (): void => {
    if (this.#exchange === undefined && this.#unread !== undefined) this.#goOn();
    else this.#guard(() => this.#exchange?.drained());
  };

  readonly #onClose = (): void => {
    this.#departure.stop();
    this.#guard(() => {
      this.#content.break({ reason: 'client_gone', detail: 'the client closed its connection' });
      const exchange = this.#exchange;
      this.#exchange = undefined;
      this.#unread = undefined;
      this.#lingering = true;
      exchange?.abandoned();
    });
  };

  /** The client will send nothing more. What it has sent whole is responded to (RFC 9112 §9.6). */
  #endOfInput(): void {
    if (!this.#clientEnded || this.#lingering || this.#switched || this.#advancing) return;
    if (this.#exchange === undefined) {
      if (this.#unread === undefined) this.socket.end();
      else if (!this.#behind) this.socket.destroy();
    } else if (this.#content.over) {
      if (!this.#exchange.over) this.#departure.begin(this.#exchange);
    } else if (this.#content.isTaken) {
      // All that came has been read, and it is not the whole.
      this.socket.destroy();
    }
  }

  /** Reads on as far as it can be: up to the next request that must wait for the one before. */
  #advance(): void {
    if (this.#advancing) return;
    this.#advancing = true;
    this.#guard(() => {
      while (this.#unread !== undefined && this.#step(this.#unread));
    });
    this.#advancing = false;
    if (this.idle) this.#times.awaitRequest();
    this.#balance();
    this.#endOfInput();
  }

  /** @returns whether it came on */
  #step(unread: Buffer): boolean {
    if (this.#lingering) {
      this.#unread = undefined;
      return false;
    }
    if (this.#exchange === undefined) return this.#behind ? false : this.#readHead(unread);
    const next = this.#content.step(unread);
    if (next === undefined) return false;
    // What a handler did meanwhile may have taken all that was unread.
    if (this.#unread === unread) this.#unread = next < unread.length ? unread.subarray(next) : undefined;
    return true;
  }

  #readHead(unread: Buffer): boolean {
    const start = startOfHead(unread);
    if (start === unread.length) {
      this.#unread = undefined;
      return false;
    }
    let head: IncomingHead | undefined;
    try {
      head = readHead(unread, start, this.#options.maxHeaderBytes, this.#scheme);
    } catch (error) {
      if (!(error instanceof AmbassadorError)) throw error;
      this.#refuse(error, start);
      return false;
    }
    if (head === undefined) return false;
    this.#times.clear();
    const { request } = head;
    const end = this.#content.begin(request, unread, head.end);
    this.#unread = end < unread.length ? unread.subarray(end) : undefined;
    this.#exchange = new ServerExchange(request, this.#content.body, this, this.#service());
    this.#handlers.exchange(this.#exchange);
    return true;
  }

  /** The exchange is done, and so is its content: the connection is free for the next. */
  #next(): void {
    this.#exchange = undefined;
    this.#content.forget();
    this.#departure.stop();
    if (this.#draining && this.#unread === undefined) {
      this.#linger();
      return;
    }
    this.#goOn();
  }

  /** Reads the next request, unless the client is behind: then once it has read. */
  #goOn(): void {
    if (this.#unread !== undefined) this.#awaitHead();
    this.#advance();
  }

  /** The next head of a client that is behind is waited for as long as what was written may take to leave. */
  #awaitHead(): void {
    if (this.#behind) this.#times.awaitLeaving();
    else this.#times.awaitHead();
  }

  /** The client asks faster than it reads: a request more would only have its response kept here. */
  get #behind(): boolean {
    return this.#exchange === undefined && this.socket.writableNeedDrain;
  }

  /** @param start where the head begins that is refused */
  #refuse(error: AmbassadorError, start = 0): void {
    const { head, body } = this.#handlers.refused(error);
    const request = unreadableRequest(this.#unread, start);
    const exchange = new ServerExchange(request, undefined, this, undefined);
    this.#exchange = exchange;
    exchange.respond(head);
    exchange.data(body);
    exchange.end([]);
  }

  /**
   * The last response is written. What still comes is read and thrown away: a connection that is closed with content
   * unread is reset, and the client may lose the response with it (RFC 9112 §9.6).
   */
  #linger(): void {
    if (this.#lingering) return;
    this.#lingering = true;
    this.#departure.stop();
    this.#unread = undefined;
    this.#exchange = undefined;
    this.#content.forget();
    this.#times.awaitLeaving();
    this.#balance();
    this.socket.end(() => this.#times.discard());
  }

  /** Reads on or waits, as there is room. */
  #balance(): void {
    const bound = Math.max(READ_AHEAD_BYTES, this.#options.maxHeaderBytes);
    // A head must be able to become whole.
    const waits = (this.#exchange !== undefined || this.#behind) && !this.#lingering;
    const full = waits && this.#unread !== undefined && this.#unread.length >= bound;
    if (full === this.#paused || this.#switched) return;
    this.#paused = full;
    if (full) {
      this.socket.pause();
      // While nothing is read, the end of the connection is not seen.
      if (this.#exchange?.started === false) this.#departure.begin(this.#exchange);
    } else {
      this.socket.resume();
    }
  }

  /** A fault of a handler ends this connection, and nothing else. */
  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.socket.destroy();
      this.#handlers.fault(error);
    }
  }
}

function headTooLate(): AmbassadorError {
  return new AmbassadorError('request_timeout', 'The head of the request did not arrive in time.');
}

// Accepts clients and hands each connection to the protocol that its first bytes show.

import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Clock, ScheduledTask } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';
import { loadModule } from '../core/load-module.ts';
import type { ClientConnection } from '../http/client-connection.ts';
import type { ClientTunnel, Exchange } from '../http/exchange.ts';
import { fieldValue } from '../http/fields.ts';
import type {
  ServerConnectionOptions,
  ServerHandlers,
  WholeResponse,
} from '../http/http1/server-connection.ts';
import { ServerConnection } from '../http/http1/server-connection.ts';
import { NO_FIELDS } from '../http/message.ts';
import { bind, bindable } from '../net/bind.ts';
import type { ConnectionStream } from '../net/connection-stream.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import type { Protocol } from './detect.ts';
import { detectProtocol } from './detect.ts';
import type { Listener, TlsTermination } from './listener.ts';
import { isLoopback } from './listener.ts';
import { lookInside } from './look-inside.ts';

export interface HttpListenerOptions {
  readonly address: ListenAddress;
  /** The service that everything here is for; undefined where the request names it. */
  readonly service: string | undefined;
  /** The most bytes of a request's head. */
  readonly maxHeaderBytes: number;
  readonly clock: Clock;
  /** What clients that speak TLS are met with; undefined where they are refused. Default: refused. */
  readonly tls?: () => TlsTermination | undefined;
  /** A client has connected. */
  readonly connected: () => void;
  readonly forward: (exchange: Exchange) => void;
  /**
   * What arrived is no request.
   * @param contentType what the request says of its content; undefined where it says nothing, or nothing could be read
   * @returns the response to it
   */
  readonly refused: (error: AmbassadorError, contentType?: string) => WholeResponse;
  /** A fault of our own has ended one connection. */
  readonly fault: (error: unknown) => void;
}

/** How long a client may take for a head, against clients that send a byte at a time. */
const HEAD_TIMEOUT_MS = 60_000;

/** How long an idle connection stays open: longer than clients keep theirs, to spare them resets. */
const KEEP_ALIVE_MS = 75_000;

/** How often patience with clients is looked at. */
const EXPIRY_CHECK_MS = 1_000;

/** How many clients wait to be accepted, beyond which the system refuses them. */
const BACKLOG = 4_096;

export class HttpListener implements Listener {
  readonly #options: HttpListenerOptions;
  readonly #connectionOptions: ServerConnectionOptions;
  readonly #server: Server;
  readonly #handlers: ServerHandlers;
  /** All connections, tunnels inside of others among them, and when patience with the first bytes of each ends. */
  readonly #streams = new Map<ConnectionStream, number>();
  readonly #connections = new Map<ConnectionStream, ClientConnection>();
  /** Connections that were accepted and are open. */
  #accepted = 0;
  #service: string | undefined;
  #draining = false;
  #closing = false;
  #expiry: ScheduledTask | undefined;

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    this.#service = options.service;
    this.#connectionOptions = {
      clock: options.clock,
      maxHeaderBytes: options.maxHeaderBytes,
      headTimeoutMs: HEAD_TIMEOUT_MS,
      keepAliveMs: KEEP_ALIVE_MS,
    };
    this.#handlers = {
      exchange: options.forward,
      refused: options.refused,
      switched: (socket, stream) => this.#letStay(socket, stream),
      tunnel: (stream, tunnel) => this.#lookInside(stream, tunnel),
      fault: options.fault,
    };
    // A client that has closed its side may still read; Nagle's algorithm would hold back the end of a response.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  get connections(): number {
    return this.#accepted;
  }

  async listen(): Promise<ListenAddress> {
    const bound = await bind(bindable(this.#server, BACKLOG), this.#options.address);
    this.#server.on('error', this.#options.fault);
    this.#scheduleExpiry();
    return bound;
  }

  /** From the next request on everything here is for this service; undefined: the request names it. */
  serve(service: string | undefined): void {
    this.#service = service;
  }

  drain(): void {
    this.#draining = true;
    for (const connection of this.#connections.values()) connection.drain();
  }

  closeIdle(spareMs = 0): number {
    const spared = this.#options.clock.now() - spareMs;
    let closed = 0;
    for (const [socket, firstBytesBy] of this.#streams) {
      const connection = this.#connections.get(socket);
      const idleSince = connection === undefined ? firstBytesBy - HEAD_TIMEOUT_MS : connection.idleSince;
      if (idleSince === undefined || idleSince > spared) continue;
      if (connection === undefined) socket.destroy();
      else connection.close();
      closed++;
    }
    return closed;
  }

  close(): Promise<void> {
    this.#closing = true;
    this.drain();
    this.closeIdle();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => {
      this.#expiry?.cancel();
      resolve();
    });
    return promise;
  }

  destroy(): void {
    for (const socket of this.#streams.keys()) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.#options.connected();
    this.#accepted++;
    socket.on('close', () => {
      this.#accepted--;
    });
    this.#meet(socket, false);
  }

  /** @param secure whether TLS has been taken off already */
  #meet(socket: Socket, secure: boolean): void {
    this.#keep(socket, this.#options.clock.now() + HEAD_TIMEOUT_MS);
    const waiting = (): void => {
      socket.destroy();
    };
    socket.on('error', waiting);
    let bytes: Buffer | undefined;
    const detect = (chunk: Buffer): void => {
      bytes = bytes === undefined ? chunk : Buffer.concat([bytes, chunk]);
      const protocol = detectProtocol(bytes);
      if (protocol === undefined) return;
      socket.off('data', detect);
      socket.off('end', waiting);
      socket.off('error', waiting);
      const first = bytes;
      this.#guard(socket, () => {
        if (secure) this.#begin(protocol, socket, first);
        else this.#recognize(protocol, socket, first);
      });
    };
    socket.on('data', detect);
    socket.on('end', waiting);
  }

  #recognize(protocol: Protocol, socket: Socket, bytes: Buffer): void {
    const { address, tls } = this.#options;
    const termination = tls?.();
    if (termination === undefined || (protocol !== 'tls' && isLoopback(address))) {
      this.#begin(protocol, socket, bytes);
    } else if (protocol === 'tls') {
      termination.secure(socket, bytes, (decrypted) => {
        this.#streams.delete(socket);
        this.#meet(decrypted, true);
      });
    } else if (protocol === 'h2') {
      this.#beginHttp2(socket, bytes, undefined, this.#refusing('plain'));
    } else {
      this.#begin('plain', socket, bytes);
    }
  }

  #keep(stream: ConnectionStream, firstBytesBy: number): void {
    this.#streams.set(stream, firstBytesBy);
    stream.on('close', () => {
      this.#streams.delete(stream);
      this.#connections.delete(stream);
    });
  }

  /** It counts as one in use, and its time is the affair of others. */
  #letStay(socket: ConnectionStream, stream: ConnectionStream): void {
    this.#connections.delete(socket);
    if (stream === socket) this.#streams.set(stream, Number.POSITIVE_INFINITY);
    else this.#keep(stream, Number.POSITIVE_INFINITY);
  }

  /** Until it is seen what the tunnel carries, its connection counts as one in use. */
  #lookInside(stream: ConnectionStream, tunnel: ClientTunnel): void {
    // Over HTTP/2 it is a stream of one that is.
    if (!this.#streams.has(stream)) this.#keep(stream, Number.POSITIVE_INFINITY);
    this.#guard(stream, () =>
      lookInside(stream, this.#options.clock, {
        requests: (protocol, first) =>
          this.#guard(stream, () => {
            tunnel.carriesRequests();
            this.#begin(protocol, stream, first, tunnel.authority);
          }),
        bytes: (first) => this.#guard(stream, () => tunnel.carriesBytes(stream, first)),
        left: tunnel.abandoned,
      }),
    );
  }

  #begin(
    protocol: Protocol | 'plain',
    socket: ConnectionStream,
    bytes: Buffer,
    tunnelAuthority?: string,
  ): void {
    if (protocol === 'h2') {
      this.#beginHttp2(socket, bytes, tunnelAuthority);
      return;
    }
    const connection = new ServerConnection(
      socket,
      this.#connectionOptions,
      protocol === 'http/1.1' ? this.#handlers : this.#refusing(protocol),
      () => this.#service,
      tunnelAuthority,
    );
    this.#connections.set(socket, connection);
    if (this.#draining || protocol === 'plain') connection.drain();
    connection.begin(bytes);
  }

  /**
   * HTTP/2 is loaded for the first client that speaks it. node:http2 takes the socket over below the stream, which it must not
   * do while that one hands out what it has read.
   */
  #beginHttp2(
    socket: ConnectionStream,
    bytes: Buffer,
    tunnelAuthority: string | undefined,
    handlers: ServerHandlers = this.#handlers,
  ): void {
    socket.pause();
    socket.on('error', () => {
      socket.destroy();
    });
    process.nextTick(() => {
      if (socket.destroyed) return;
      this.#guard(socket, () => {
        const { Http2Connection } = loadModule<typeof import('../http/http2/server-connection.ts')>(
          '../http/http2/server-connection.ts',
          import.meta.url,
        );
        const connection = new Http2Connection(
          socket,
          this.#connectionOptions,
          { ...handlers, refused: this.#options.refused },
          () => this.#service,
          bytes,
          tunnelAuthority,
        );
        if (this.#draining) connection.drain();
        this.#connections.set(socket, connection);
      });
    });
  }

  /** A fault of a handler ends this connection, and nothing else. */
  #guard(socket: ConnectionStream, task: () => void): void {
    try {
      task();
    } catch (error) {
      socket.destroy();
      this.#options.fault(error);
    }
  }

  /** What is no HTTP, or should come over TLS, is refused with what it was taken for. */
  #refusing(protocol: Refused): ServerHandlers {
    const refused = (contentType?: string): WholeResponse =>
      this.#options.refused(new AmbassadorError('bad_request', REFUSALS[protocol]), contentType);
    return {
      ...this.#handlers,
      refused: () => refused(),
      exchange: (exchange) => {
        const { head, body } = refused(fieldValue(exchange.head.fields, 'content-type'));
        const response = exchange.respond(head);
        if (exchange.head.method !== 'HEAD') response.data(body);
        response.end(NO_FIELDS);
      },
    };
  }

  #scheduleExpiry(): void {
    const { clock } = this.#options;
    this.#expiry = clock.schedule(EXPIRY_CHECK_MS, () => {
      const now = clock.now();
      for (const [socket, firstBytesBy] of this.#streams) {
        const connection = this.#connections.get(socket);
        if (connection !== undefined) connection.expire(now);
        else if (now >= firstBytesBy) socket.destroy();
      }
      if (this.#closing) this.closeIdle();
      this.#scheduleExpiry();
    });
  }
}

type Refused = Exclude<Protocol, 'http/1.1' | 'h2'> | 'plain';

const REFUSALS: Record<Refused, string> = {
  plain: 'This address speaks TLS alone: call https:// URLs here.',
  tls: 'What arrived looks like TLS: call http:// URLs at this port.',
  'proxy-protocol': 'What arrived is a header of the PROXY protocol, which is not read here.',
};

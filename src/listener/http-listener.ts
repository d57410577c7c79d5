// The localhost listener: Fastify owns the server's life, and between its socket and the proxy nothing reads,
// parses or refuses a request; every request goes to the forwarder as it came.

import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import fastify from 'fastify';
import { AmbassadorError } from '../core/errors.ts';
import { NO_SCHEMAS } from '../core/no-schemas.ts';
import type { Exchange } from '../http/exchange.ts';
import { createServer, ServerResponse } from '../http/node-http.ts';
import { bind } from '../net/bind.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import { HttpExchange } from './http-exchange.ts';
import type { Listener } from './listener.ts';
import { isRequestFault, malformedRequestAnswer, malformedRequestError } from './malformed-request.ts';

export interface HttpListenerOptions {
  readonly address: ListenAddress;
  /** The service that everything here is for; undefined where the request names it. */
  readonly service: string | undefined;
  /** The most bytes of a request's header section. */
  readonly maxHeaderBytes: number;
  readonly forward: (exchange: Exchange) => void;
  /** Told of what was not even a request. */
  readonly malformed: (error: AmbassadorError, requestId: string) => void;
  readonly newRequestId: () => string;
}

interface Connection {
  /** The answer under way: another may not be written into it. */
  answer: ServerResponse | undefined;
}

interface RequestTraits {
  readonly expectsContinue: boolean;
  readonly upgrade: string | undefined;
}

/** How long a caller may take for the header section, against callers that send a byte at a time. */
const HEADERS_TIMEOUT_MS = 60_000;

/** How long an idle connection of a caller stays open: longer than clients keep theirs, to spare them resets. */
const KEEP_ALIVE_MS = 75_000;

/** Node's own maximum of field lines would drop what is over it without a word. */
const MAX_HEADER_FIELDS = 0;

export class HttpListener implements Listener {
  readonly #options: HttpListenerOptions;
  readonly #server: Server;
  readonly #fastify: FastifyInstance;
  /**
   * What is under way on each connection. The entries last as long as their connections: a map whose entries come and
   * go with the requests makes the garbage collector keep requests that are long gone.
   */
  readonly #connections = new WeakMap<Duplex, Connection>();
  readonly #tunnels = new Set<Socket>();
  #service: string | undefined;
  #closing = false;

  constructor(options: HttpListenerOptions) {
    this.#options = options;
    this.#service = options.service;
    this.#server = createServer({
      maxHeaderSize: options.maxHeaderBytes,
      headersTimeout: HEADERS_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // A long upload is not a fault: the idle limit of the proxy ends a stuck one.
      requestTimeout: 0,
      // Answered by the proxy, with its reason.
      requireHostHeader: false,
      shouldUpgradeCallback: wantsTunnel,
      // What has no content needs no stream for it.
      optimizeEmptyRequests: true,
    });
    this.#server.maxHeadersCount = MAX_HEADER_FIELDS;
    this.#server.on('request', (request, response) => this.#accept(request, response, false));
    this.#server.on('checkContinue', (request, response) => this.#accept(request, response, true));
    this.#server.on('upgrade', (request, socket, head) =>
      this.#acceptUpgrade(request, socket as Socket, head),
    );
    this.#server.on('connect', (_request, socket) => this.#refuseConnect(socket as Socket));
    this.#server.on('clientError', (error, socket) => {
      if (isRequestFault(error)) this.#refuse(malformedRequestError(error), socket);
      else socket.destroy();
    });
    this.#fastify = fastify({ schemaController: NO_SCHEMAS, serverFactory: () => this.#server });
  }

  listen(): Promise<ListenAddress> {
    return bind(this.#fastify, this.#options.address);
  }

  /** From the next request on everything here is for this service; undefined: the request names it. */
  serve(service: string | undefined): void {
    this.#service = service;
  }

  async close(): Promise<void> {
    this.#closing = true;
    const closed = this.#fastify.close();
    this.#server.closeIdleConnections();
    await closed;
  }

  destroy(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#tunnels) socket.destroy();
  }

  #accept(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    this.#forward(request, response, { expectsContinue, upgrade: undefined });
  }

  #acceptUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (head.length > 0) socket.unshift(head);
    this.#tunnels.add(socket);
    socket.on('close', () => this.#tunnels.delete(socket));
    socket.on('error', () => socket.destroy());
    // node:http hands over the bare socket; an answer other than 101 is still an ordinary response.
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    response.on('finish', () => socket.destroySoon());
    this.#forward(request, response, { expectsContinue: false, upgrade: request.headers.upgrade });
  }

  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    { expectsContinue, upgrade }: RequestTraits,
  ): void {
    const connection = this.#connectionOf(request.socket);
    const listenerService = this.#service;
    const exchange = new HttpExchange(request, response, { listenerService, expectsContinue, upgrade });
    connection.answer = response;
    response.on('close', () => {
      if (connection.answer === response) connection.answer = undefined;
      if (this.#closing) setImmediate(() => this.#server.closeIdleConnections());
      exchange.closed();
    });
    this.#options.forward(exchange);
  }

  #connectionOf(socket: Duplex): Connection {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    const connection = { answer: undefined };
    this.#connections.set(socket, connection);
    return connection;
  }

  #refuseConnect(socket: Socket): void {
    this.#refuse(
      new AmbassadorError(
        'not_implemented',
        'CONNECT is not offered: call http:// URLs, and the ambassador sees to TLS.',
      ),
      socket,
    );
  }

  #refuse(error: AmbassadorError, socket: Duplex): void {
    const requestId = this.#options.newRequestId();
    this.#options.malformed(error, requestId);
    if (!socket.writable || this.#connections.get(socket)?.answer?.headersSent === true) {
      socket.destroy();
      return;
    }
    socket.end(malformedRequestAnswer(error, requestId), 'latin1');
    socket.on('error', () => socket.destroy());
  }
}

/**
 * Whether a request with an Upgrade field becomes a tunnel. `h2c` is an offer that a server may ignore (RFC 9113
 * §3.1 has even withdrawn it), made by clients that mean an ordinary request; and a request with content cannot
 * become a tunnel before its content has been read.
 */
function wantsTunnel(request: IncomingMessage): boolean {
  const { upgrade } = request.headers;
  if (upgrade === undefined || /\bh2c?\b/i.test(upgrade)) return false;
  const length = request.headers['content-length'];
  return request.headers['transfer-encoding'] === undefined && (length === undefined || length === '0');
}

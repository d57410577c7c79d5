// Accepts the clients of one service that is called over TCP. Not a byte is looked at.

import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { bind, bindable } from '../net/bind.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import type { ForwardedConnection } from '../proxy/tcp-forward.ts';
import type { Listener } from './listener.ts';

export interface TcpListenerOptions {
  readonly address: ListenAddress;
  /** A client has connected. */
  readonly connected: () => void;
  readonly forward: (client: Socket, service: string) => ForwardedConnection;
  /** The server has failed. */
  readonly fault: (error: unknown) => void;
}

/** How many clients wait to be accepted, beyond which the system refuses them. */
const BACKLOG = 4_096;

export class TcpListener implements Listener {
  readonly #options: TcpListenerOptions;
  readonly #server: Server;
  readonly #connections = new Map<Socket, ForwardedConnection>();
  #service: string;

  constructor(options: TcpListenerOptions, service: string) {
    this.#options = options;
    this.#service = service;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  get connections(): number {
    return this.#connections.size;
  }

  async listen(): Promise<ListenAddress> {
    const bound = await bind(bindable(this.#server, BACKLOG), this.#options.address);
    this.#server.on('error', this.#options.fault);
    return bound;
  }

  serve(service: string | undefined): void {
    if (service !== undefined) this.#service = service;
  }

  /** Clients are served on: what is no message has no last one. */
  drain(): void {}

  /** A silent connection may be one that waits: none is known to be idle. */
  closeIdle(): number {
    return 0;
  }

  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    return promise;
  }

  destroy(): void {
    for (const connection of this.#connections.values()) connection.cut();
  }

  #accept(socket: Socket): void {
    this.#options.connected();
    this.#connections.set(socket, this.#options.forward(socket, this.#service));
    socket.on('close', () => this.#connections.delete(socket));
  }
}

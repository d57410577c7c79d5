// An address at which applications call. What it serves is the proxy's affair.

import type { Socket } from 'node:net';
import { isLoopbackHost } from '../net/address.ts';
import type { ListenAddress } from '../net/listen-address.ts';

export interface Listener {
  /** Connections of clients that are open, tunnels among them. */
  readonly connections: number;
  /** Binds the address; resolves to what was bound, with the real port where port 0 was asked for. */
  listen(): Promise<ListenAddress>;
  /** From the next request or connection on everything here is for this service; undefined: the request names it. */
  serve(service: string | undefined): void;
  /** Goes on serving, but each response is the last of its connection. */
  drain(): void;
  /**
   * Ends the connections that carry nothing at the moment.
   * @param spareMs those that have been idle for less stay, in milliseconds. Default 0
   * @returns how many
   */
  closeIdle(spareMs?: number): number;
  /**
   * Takes no new connections and ends idle ones; those with a request under way stay until its response is complete, or
   * until `destroy`. Resolves when the last one has ended.
   */
  close(): Promise<void>;
  /** Ends every connection now. */
  destroy(): void;
}

/** The server's side of TLS. */
export interface TlsTermination {
  /**
   * Makes the handshake with a client; one that fails it is closed, and `done` is not called.
   * @param bytes what has come of the connection, and is read first
   */
  secure(socket: Socket, bytes: Buffer, done: (decrypted: Socket) => void): void;
}

export function isLoopback(address: ListenAddress): boolean {
  if (address.kind === 'unix') return true;
  return isLoopbackHost(address.host);
}

export function formatAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `unix:${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

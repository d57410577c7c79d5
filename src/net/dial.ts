// Connections to endpoints. What uses them does not depend on how they are made.

import type { NetConnectOpts } from 'node:net';
import { Socket } from 'node:net';
import { CallableAddresses } from './callable-addresses.ts';
import { guardedLookup } from './guarded-lookup.ts';

/** An endpoint, as far as connecting to it goes. */
export interface DialTarget {
  readonly address: string;
  readonly port: number;
  /** Of a unix socket, in place of address and port. */
  readonly socketPath?: string | undefined;
  /** What is registered of it, for dialers that go by it. */
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  /** The path of its SPIFFE id in Consul's service mesh. Default: none is known. */
  readonly spiffePath?: string | undefined;
}

/** A connection that stands. */
export interface Connected {
  /** Whether it is encrypted and its peer identified. */
  readonly secure: boolean;
  /** What the endpoint chose of the protocols offered by ALPN (RFC 7301); undefined when it chose none, or in the clear. */
  readonly protocol: string | undefined;
  /** The certificate of ours that the endpoint could ask for. Default: there is none. */
  readonly ownCertificate?: 'valid' | 'ended' | undefined;
}

/** Who reads from a connection, into memory of its own. */
export interface Reader {
  /** Where the next read goes. */
  buffer(): Buffer;
  /** @param length bytes of the buffer given last have been read */
  read(length: number): void;
}

export interface Dialer {
  /**
   * Begins to connect. What goes wrong, then or later, is an `error` of the socket, followed by its `close`.
   * @param reader takes what is read, unless an HTTP/2 session of Node.js takes the socket over
   * @param onConnected data can be sent
   * @param alpn protocols to offer by ALPN, the preferred one first. Default: none; none is offered in the clear
   */
  dial(
    target: DialTarget,
    reader: Reader,
    onConnected: (connected: Connected) => void,
    alpn?: readonly string[],
  ): Socket;
  /** Whether connections to this endpoint are encrypted. */
  isSecure(target: DialTarget): boolean;
  /** Whether the endpoint says by ALPN what is spoken with it. */
  negotiates(target: DialTarget): boolean;
  /** Whether connections made by the other would be like those made by this one. */
  equals(other: Dialer): boolean;
}

/** What a socket needs to read into the reader's memory. */
export function readInto(reader: Reader) {
  return {
    buffer: () => reader.buffer(),
    callback: (length: number) => {
      reader.read(length);
      return true;
    },
  };
}

/** Probes by TCP find a dead peer during a long silent response, in milliseconds. */
export const TCP_KEEP_ALIVE_MS = 60_000;

const IN_THE_CLEAR: Connected = { secure: false, protocol: undefined };

/**
 * What a socket of Node.js connects to.
 * @param addresses which ones a name may lead to
 */
export function connectOptions(
  { address, port, socketPath }: DialTarget,
  addresses: CallableAddresses,
): NetConnectOpts {
  if (socketPath !== undefined) return { path: socketPath };
  return { host: address, port, lookup: guardedLookup(addresses, port) };
}

/** In the clear. */
export class TcpDialer implements Dialer {
  readonly #addresses: CallableAddresses;

  /** @param addresses which ones a name may lead to. Default: all but link-local ones */
  constructor(addresses: CallableAddresses = new CallableAddresses()) {
    this.#addresses = addresses;
  }

  dial(target: DialTarget, reader: Reader, onConnected: (connected: Connected) => void): Socket {
    const socket = new Socket({
      allowHalfOpen: true,
      onread: readInto(reader),
    });
    socket.on('connect', () => onConnected(IN_THE_CLEAR));
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    socket.connect(connectOptions(target, this.#addresses));
    return socket;
  }

  isSecure(): boolean {
    return false;
  }

  negotiates(): boolean {
    return false;
  }

  equals(other: Dialer): boolean {
    return other instanceof TcpDialer && other.#addresses === this.#addresses;
  }
}

// TLS at our own addresses: the handshake with a client, after which its connection is like any other. Loaded when a
// configuration first asks for it.

import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import { faultText } from '../net/tls/handshake-failure.ts';
import type { TlsIdentity } from '../net/tls/identity.ts';
import type { MinVersion } from '../net/tls/secure-context.ts';
import type { TlsTermination } from './listener.ts';

/** What clients may choose from by ALPN, the preferred one first. What they speak then shows in their first bytes, as it does in the clear. */
const ALPN: readonly string[] = ['h2', 'http/1.1', 'http/1.0'];

/** How long a client may take for the handshake, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface ClientHandshakeFailure {
  /** As Node.js names it: of the client's certificate, where that was refused. */
  readonly code: string;
  /** What OpenSSL or Node.js says, in one line. */
  readonly message: string;
  readonly remoteAddress: string | undefined;
}

export interface TerminationOptions {
  readonly minVersion: MinVersion;
  /** A client failed the handshake. */
  readonly failed: (failure: ClientHandshakeFailure) => void;
}

interface Handshake {
  /** Kept from its beginning: a connection that is closed has forgotten it. */
  readonly remoteAddress: string | undefined;
  readonly done: (decrypted: Socket) => void;
}

export class NodeTlsTermination implements TlsTermination {
  readonly #options: TerminationOptions;
  readonly #server: Server;
  /** By the connection that each began with. */
  readonly #handshakes = new WeakMap<Socket, Handshake>();

  /** @param identity with `authorities`, clients have to show a certificate of one of them */
  constructor(identity: TlsIdentity, options: TerminationOptions) {
    this.#options = options;
    const requestCert = identity.authorities !== undefined;
    this.#server = createServer({
      ...contextOf(identity, options.minVersion),
      requestCert,
      rejectUnauthorized: requestCert,
      ALPNProtocols: [...ALPN],
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      allowHalfOpen: true,
    });
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error, socket) => {
      // Node.js closes the connection of a client whose certificate it refuses, and the error is only that of the close.
      const refused = socket.authorizationError as Error | string | null | undefined;
      const code = refused ? String(refused) : ((error as NodeJS.ErrnoException).code ?? 'failed');
      const remoteAddress = this.#handshakes.get(beneath(socket))?.remoteAddress;
      options.failed({ code, message: faultText(error), remoteAddress });
    });
  }

  /** New handshakes use this identity; sessions of clients are not resumed any more. */
  renew(identity: TlsIdentity): void {
    this.#server.setSecureContext(contextOf(identity, this.#options.minVersion));
  }

  secure(socket: Socket, bytes: Buffer, done: (decrypted: Socket) => void): void {
    this.#handshakes.set(socket, { remoteAddress: socket.remoteAddress, done });
    socket.pause();
    socket.unshift(bytes);
    this.#server.emit('connection', socket);
  }

  #secured(socket: TLSSocket): void {
    const handshake = this.#handshakes.get(beneath(socket));
    if (handshake === undefined) socket.destroy();
    else handshake.done(socket);
  }
}

/** The connection that it was made of, for which Node.js has no name that is documented. */
function beneath(socket: TLSSocket): Socket {
  const { _parent: connection } = socket as { readonly _parent?: Socket | null };
  return connection ?? socket;
}

function contextOf({ authorities, own }: TlsIdentity, minVersion: MinVersion) {
  return {
    minVersion,
    ...(own === undefined ? {} : { cert: own.certificate, key: own.key }),
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
  };
}

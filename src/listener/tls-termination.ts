// TLS at our own addresses: the handshake with a client, after which its connection is like any other. Loaded when a
// configuration first asks for it.

import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import type { TlsIdentity } from '../net/tls/identity.ts';
import type { MinVersion } from '../net/tls/secure-context.ts';
import type { TlsTermination } from './listener.ts';

/** What clients may choose from by ALPN, the preferred one first. What they speak then shows in their first bytes, as it does in the clear. */
const ALPN: readonly string[] = ['h2', 'http/1.1'];

/** How long a client may take for the handshake, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface TerminationOptions {
  readonly minVersion: MinVersion;
  /** A client failed the handshake. @param code as Node.js names it: of its certificate, where that was refused */
  readonly failed: (code: string, error: Error, remoteAddress: string | undefined) => void;
}

export class NodeTlsTermination implements TlsTermination {
  readonly #options: TerminationOptions;
  readonly #server: Server;
  /** Whose handshakes are under way, by both ends of their connections. */
  readonly #pending = new Map<string, (decrypted: Socket) => void>();

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
      options.failed(code, error, remoteAddressOf(socket));
    });
  }

  /** New handshakes use this identity; sessions of clients are not resumed any more. */
  renew(identity: TlsIdentity): void {
    this.#server.setSecureContext(contextOf(identity, this.#options.minVersion));
  }

  secure(socket: Socket, bytes: Buffer, done: (decrypted: Socket) => void): void {
    const ends = endsOf(socket);
    this.#pending.set(ends, done);
    socket.on('close', () => {
      if (this.#pending.get(ends) === done) this.#pending.delete(ends);
    });
    socket.pause();
    socket.unshift(bytes);
    this.#server.emit('connection', socket);
  }

  #secured(socket: TLSSocket): void {
    const ends = endsOf(socket);
    const done = this.#pending.get(ends);
    this.#pending.delete(ends);
    if (done === undefined) socket.destroy();
    else done(socket);
  }
}

/** One that is closed already has forgotten it, and only the connection beneath knows. */
function remoteAddressOf(socket: TLSSocket): string | undefined {
  const { _parent: beneath } = socket as { readonly _parent?: Socket };
  return socket.remoteAddress ?? beneath?.remoteAddress;
}

function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  return `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;
}

function contextOf({ authorities, own }: TlsIdentity, minVersion: MinVersion) {
  return {
    minVersion,
    ...(own === undefined ? {} : { cert: own.certificate, key: own.key }),
    ...(authorities === undefined ? {} : { ca: [...authorities] }),
  };
}

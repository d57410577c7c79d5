// Connections over TLS: verified, and the endpoint's identity looked at on each, before a byte of a request leaves.

import type { X509Certificate } from 'node:crypto';
import type { NetConnectOpts } from 'node:net';
import { isIP } from 'node:net';
import type { ConnectionOptions, SecureContext, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import type { Clock } from '../../core/clock.ts';
import type { CallableAddresses } from '../callable-addresses.ts';
import type { Connected, Dialer, DialTarget, Reader } from '../dial.ts';
import { connectOptions, readInto, TCP_KEEP_ALIVE_MS } from '../dial.ts';
import { handshakeFailureOf, noteHandshakeFailure } from '../handshake.ts';
import type { HandshakeContext } from './handshake-failure.ts';
import { handshakeFailure, isLateRefusal } from './handshake-failure.ts';
import { peerFailure } from './peer-identity.ts';
import type { SessionCache } from './session-cache.ts';

export interface ConnectPeers {
  readonly trustDomain: string;
  /** The name of the service whose certificate we show. */
  readonly as: string;
}

export interface TlsDialerOptions {
  /** Whom to trust, and who we are. Another context is another dialer: connections made by it are not like these. */
  readonly context: SecureContext;
  /** Whether the context has a certificate of ours. */
  readonly hasCertificate: boolean;
  /** When that ends, in milliseconds since the Unix epoch. Default: never. */
  readonly expiresAt?: number | undefined;
  readonly minVersion: string;
  /** What to ask for and to expect; undefined: the address of each endpoint. */
  readonly serverName: string | undefined;
  /** What the certificate has to have instead of the name. */
  readonly subjectAltNames: readonly string[] | undefined;
  /** In Consul's service mesh: which SPIFFE id an endpoint has to have instead, and who we are there. */
  readonly connect?: ConnectPeers | undefined;
  /** False: any certificate is accepted. */
  readonly verify: boolean;
  readonly sessions: SessionCache;
  readonly clock: Clock;
  /** Which ones a name may lead to. */
  readonly addresses: CallableAddresses;
}

const NONE: readonly string[] = [];

/** What an endpoint is called where no setting says so: over a unix socket as in Host. */
function nameOf({ address, socketPath }: DialTarget): string {
  // A dot at the end marks a name as complete, and stands in no certificate (RFC 1034 §3.1, RFC 6066 §3).
  return socketPath === undefined ? address.replace(/\.$/, '') : 'localhost';
}

export class TlsDialer implements Dialer {
  readonly #options: TlsDialerOptions;

  constructor(options: TlsDialerOptions) {
    this.#options = options;
  }

  dial(
    target: DialTarget,
    reader: Reader,
    onConnected: (connected: Connected) => void,
    alpn: readonly string[] = NONE,
  ): TLSSocket {
    const { context, verify, serverName, sessions } = this.#options;
    const { address, port, socketPath } = target;
    const name = serverName ?? nameOf(target);
    const peer = `${name} ${socketPath ?? `${address}:${port}`} ${alpn.join()}`;
    const known = sessions.get(peer);
    const options: ConnectionOptions & NetConnectOpts = {
      ...connectOptions(target, this.#options.addresses),
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      onread: readInto(reader),
      secureContext: context,
      rejectUnauthorized: verify,
      // Node.js skips it on a resumed session: the identity is looked at below, on every connection.
      checkServerIdentity: () => undefined,
      ...(known === undefined ? {} : { session: known.session }),
      ...(this.#offers(alpn) ? { ALPNProtocols: [...alpn] } : {}),
      // An address is no server name (RFC 6066 §3).
      ...(isIP(name) === 0 ? { servername: name } : {}),
    };
    const socket = connect(options);
    let accepted: X509Certificate | undefined;
    let reached = false;
    socket.on('connect', () => {
      reached = true;
    });
    const keep = (session: Buffer): void => {
      if (accepted !== undefined) sessions.put(peer, { session, certificate: accepted });
    };
    socket.on('session', (session) => {
      // With TLS 1.2 it comes before the endpoint is known to be the one we mean.
      if (accepted === undefined) socket.once('secureConnect', () => keep(session));
      else keep(session);
    });
    socket.on('error', (error) => {
      // Once the handshake is over Node.js tells an alert and leaves the socket open, and what is written to it is for nobody.
      socket.destroy();
      const inHandshake = reached && accepted === undefined;
      const refusedLate = accepted !== undefined && socket.bytesRead === 0 && isLateRefusal(error);
      if (!inHandshake && !refusedLate) return;
      sessions.delete(peer);
      if (handshakeFailureOf(error) !== undefined) return;
      noteHandshakeFailure(error, handshakeFailure(error, this.#contextOf(name, alpn)));
    });
    socket.on('secureConnect', () => {
      const certificate = socket.isSessionReused() ? known?.certificate : socket.getPeerX509Certificate();
      const failure = this.#judge(certificate, target, name);
      if (failure !== undefined || certificate === undefined) {
        socket.destroy(failure);
        return;
      }
      accepted = certificate;
      onConnected({
        secure: true,
        protocol: socket.alpnProtocol || this.#assumed(alpn),
        ownCertificate: this.#ownCertificate(),
      });
    });
    return socket;
  }

  isSecure(): boolean {
    return true;
  }

  /** Connect's proxies carry what the service behind them speaks, and Consul's own one chooses h2 in any case. */
  negotiates(): boolean {
    return this.#options.connect === undefined;
  }

  /** What takes connections of the mesh by Consul's library knows h2 alone, and refuses who offers others only. */
  #offers(alpn: readonly string[]): boolean {
    return this.negotiates() ? alpn.length > 0 : alpn.includes('h2');
  }

  equals(other: Dialer): boolean {
    return other === this;
  }

  /** Whether the certificate is that of the endpoint. */
  #judge(
    certificate: X509Certificate | undefined,
    { spiffePath }: DialTarget,
    name: string,
  ): Error | undefined {
    const { verify, subjectAltNames, connect: mesh, clock } = this.#options;
    const spiffeId =
      mesh && `spiffe://${mesh.trustDomain}${spiffePath ?? '/(none: Consul does not list it)'}`;
    if (certificate === undefined) return new Error('the endpoint showed no certificate');
    const failure = verify
      ? peerFailure(certificate, { name, subjectAltNames, spiffeId }, clock.wallTime())
      : undefined;
    if (failure === undefined) return undefined;
    const error = new Error(failure.detail);
    noteHandshakeFailure(error, failure);
    return error;
  }

  /** The only protocol that was offered, where an endpoint need not choose one. */
  #assumed(alpn: readonly string[]): string | undefined {
    return !this.negotiates() && alpn.length === 1 ? alpn[0] : undefined;
  }

  #contextOf(name: string, alpn: readonly string[]): HandshakeContext {
    const { hasCertificate, minVersion, connect: mesh } = this.#options;
    return { name, hasCertificate, minVersion, alpn, connectAs: mesh?.as, endedAt: this.#endedAt() };
  }

  #ownCertificate(): Connected['ownCertificate'] {
    if (!this.#options.hasCertificate) return undefined;
    return this.#endedAt() === undefined ? 'valid' : 'ended';
  }

  /** Since when our certificate is not valid any more. */
  #endedAt(): number | undefined {
    const { expiresAt, clock } = this.#options;
    return expiresAt !== undefined && expiresAt <= clock.wallTime() ? expiresAt : undefined;
  }
}

// Endpoints that speak TLS, and dialers towards them.

import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { systemClock } from '../../src/core/system-clock.ts';
import { CallableAddresses } from '../../src/net/callable-addresses.ts';
import { secureContext } from '../../src/net/tls/secure-context.ts';
import { SessionCache } from '../../src/net/tls/session-cache.ts';
import type { TlsDialerOptions } from '../../src/net/tls/tls-dialer.ts';
import { TlsDialer } from '../../src/net/tls/tls-dialer.ts';
import type { Issued } from './certificates.ts';

export interface TlsUpstream {
  readonly port: number;
  /** Requests that arrived: `METHOD target`. */
  readonly seen: string[];
  /** Of each connection, in order: whether it was a session resumed. */
  readonly resumed: boolean[];
  /** How many are open. */
  readonly connections: number;
  /** Certificates for new connections. */
  setSecureContext(options: TlsOptions): void;
}

/** An HTTPS server; every request is answered 200 unless the test says otherwise. */
export async function startTlsUpstream(
  t: Pick<TestContext, 'after'>,
  options: TlsOptions,
  listener: RequestListener = (_request, response) => response.end('secure'),
): Promise<TlsUpstream> {
  const seen: string[] = [];
  const resumed: boolean[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(options, (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('secureConnection', (socket) => resumed.push(socket.isSessionReused()));
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    resumed,
    get connections() {
      return sockets.size;
    },
    setSecureContext: (next) => server.setSecureContext(next),
  };
}

export interface TestDialerOptions extends Partial<Omit<TlsDialerOptions, 'context' | 'hasCertificate'>> {
  /** The authority to trust. */
  readonly ca: string;
  readonly own?: Issued;
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

export function testTlsDialer({ ca, own, minVersion = 'TLSv1.2', ...options }: TestDialerOptions): TlsDialer {
  const identity = {
    authorities: [ca],
    own: own === undefined ? undefined : { certificate: own.cert, key: own.key },
  };
  return new TlsDialer({
    context: secureContext(identity, minVersion),
    hasCertificate: own !== undefined,
    minVersion,
    serverName: 'payments.test',
    subjectAltNames: undefined,
    verify: true,
    sessions: new SessionCache(),
    clock: systemClock,
    addresses: new CallableAddresses(),
    ...options,
  });
}

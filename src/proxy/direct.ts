// Connections to hosts that are no services, and that the configuration lets through.

import type { Socket } from 'node:net';
import { connect, isIP } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { AmbassadorError } from '../core/errors.ts';

export interface DirectTarget {
  readonly host: string;
  readonly port: number;
}

/** How long a connection may take to open, name resolution and every address of it included, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** Metadata of clouds and other things of the link (RFC 3927, RFC 4291 §2.5.6). */
const LINK_LOCAL = /^(?:::ffff:)?169\.254\.|^fe[89ab][0-9a-f]:/i;

/**
 * @returns a connection, paused, whose ends are passed on one by one
 * @throws AmbassadorError `connect_failure`; `forbidden` for a name that leads to a link-local address
 */
export function dialDirectly({ host, port }: DirectTarget, clock: Clock): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  const late = clock.schedule(CONNECT_TIMEOUT_MS, () =>
    fail(`no connection within ${CONNECT_TIMEOUT_MS} ms`),
  );
  const fail = (detail: string): void => {
    late.cancel();
    socket.destroy();
    reject(new AmbassadorError('connect_failure', `${host}:${port} could not be connected to: ${detail}.`));
  };
  socket.on('error', (error) => fail(error.message));
  socket.once('connect', () => {
    late.cancel();
    if (isIP(host) === 0 && LINK_LOCAL.test(socket.remoteAddress ?? '')) {
      socket.destroy();
      reject(
        new AmbassadorError('forbidden', `${host} leads to the link-local address ${socket.remoteAddress}.`),
      );
      return;
    }
    socket.pause();
    resolve(socket);
  });
  return promise;
}

// A check that only connects, with the TLS handshake where the service has one.

import type { Clock } from '../../core/clock.ts';
import { OF_THIS_SIDE } from '../../http/attempt.ts';
import { toTransportFailure } from '../../http/transport-failure.ts';
import { awaitAcceptance } from '../../net/acceptance.ts';
import type { Dialer } from '../../net/dial.ts';
import { DialTimeout } from '../../net/handshake.ts';
import type { BeginCheck } from './check.ts';
import type { CheckResult } from './check-result.ts';
import { failed, NO_RESULT, PASSED } from './check-result.ts';

export interface TcpCheckParts {
  readonly clock: Clock;
  readonly dialer: Dialer;
  /** Milliseconds until the connection must stand. */
  readonly timeoutMs: number;
}

/** What comes is dropped. */
const DROPPED = Buffer.alloc(1024);

export function tcpCheck({ clock, dialer, timeoutMs }: TcpCheckParts): BeginCheck {
  return ({ endpoint }, ended) => {
    let over = false;
    const end = (result: CheckResult | undefined): void => {
      if (over) return;
      over = true;
      late.cancel();
      if (result !== undefined) ended(result);
    };
    const stands = (): void => {
      end(PASSED);
      socket.destroy();
    };
    const socket = dialer.dial(endpoint, { buffer: () => DROPPED, read: stands }, ({ secure }) => {
      late.cancel();
      if (secure) late = awaitAcceptance(socket, clock, stands);
      else stands();
    });
    socket.on('error', (error) => {
      const { reason, detail } = toTransportFailure(error, NOTHING_SENT);
      end(OF_THIS_SIDE.has(reason) ? NO_RESULT : failed(detail));
    });
    socket.on('close', () => end(failed('closed while connecting')));
    let late = clock.schedule(timeoutMs, () => socket.destroy(new DialTimeout(timeoutMs)));
    return () => {
      end(undefined);
      socket.destroy();
    };
  };
}

const NOTHING_SENT = { started: false, responding: false, singleWrite: true };

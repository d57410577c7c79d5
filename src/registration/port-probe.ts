// Whether the application accepts connections.

import { connect } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * Connects, and closes at once. Never rejects.
 * @param timeoutMs milliseconds
 * @returns undefined when it was accepted, else why it was not
 */
export function probePort(target: ProbeTarget, timeoutMs: number, clock: Clock): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(target);
    const finish = (fault: string | undefined): void => {
      limit.cancel();
      socket.destroy();
      resolve(fault);
    };
    const limit = clock.schedule(timeoutMs, () => finish(`no connection within ${Math.round(timeoutMs)} ms`));
    socket.on('connect', () => finish(undefined));
    socket.on('error', (error) => finish(messageOf(error)));
  });
}

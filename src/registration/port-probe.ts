// Whether the application accepts connections.

import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { Clock } from '../core/clock.ts';

export interface ProbeTarget {
  readonly host: string;
  readonly port: number;
}

/**
 * Connects, and closes at once. Never rejects.
 * @param timeoutMs milliseconds
 * @returns undefined when it was accepted, else why it was not
 */
export async function probePort(
  target: ProbeTarget,
  timeoutMs: number,
  clock: Clock,
): Promise<string | undefined> {
  const connected = await connectTo(target, timeoutMs, clock);
  if (connected instanceof Error) return connected.message;
  connected.destroy();
  return undefined;
}

/**
 * A connection that discards what comes, or why there is none. Never rejects.
 * @param timeoutMs milliseconds
 */
export function connectTo(target: ProbeTarget, timeoutMs: number, clock: Clock): Promise<Socket | Error> {
  return new Promise((resolve) => {
    const socket = connect(target);
    const fail = (why: Error): void => {
      limit.cancel();
      socket.destroy();
      resolve(why);
    };
    const late = new Error(`no connection within ${Math.round(timeoutMs)} ms`);
    const limit = clock.schedule(timeoutMs, () => fail(late));
    socket.once('connect', () => {
      limit.cancel();
      resolve(socket.resume());
    });
    // Also of one that was made, whose owner hears of its end by its `close`.
    socket.on('error', fail);
  });
}

// What this process sees of the application, for a TTL check: whether its port takes connections, whether the application
// then accepts them, and whether it makes requests. The first is the kernel's word; the others come from the application alone.

import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import { shortageWhileConnecting } from '../core/shortage.ts';
import { sleep } from '../core/sleep.ts';
import { isAccepted } from '../net/accepted.ts';
import type { ProbeTarget } from './port-probe.ts';
import { connectTo } from './port-probe.ts';

export type CheckStatus = 'passing' | 'warning' | 'critical';

export interface Seen {
  readonly status: CheckStatus;
  /** One sentence without a full stop, the output of the check. */
  readonly output: string;
}

export interface LifeSignsOptions {
  readonly target: ProbeTarget;
  /** How long it may give none, in milliseconds. */
  readonly ttl: number;
  readonly clock: Clock;
  /** When a request last came to this ambassador, on the clock. */
  readonly lastRequestAt: () => number;
}

const CONNECT_TIMEOUT_MS = 1_000;

/** Within which an idle application accepts a connection, in milliseconds. */
const ACCEPT_MS = 50;

export class LifeSigns {
  readonly #options: LifeSignsOptions;
  /** A connection that it has not accepted yet, and since when, on the clock. */
  #waiting: { readonly socket: Socket; readonly since: number } | undefined;
  #last: CheckStatus = 'passing';

  constructor(options: LifeSignsOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async look(): Promise<Seen> {
    const seen = await this.#see();
    this.#last = seen.status;
    return seen;
  }

  close(): void {
    this.#waiting?.socket.destroy();
    this.#waiting = undefined;
  }

  async #see(): Promise<Seen> {
    const { target, clock, ttl } = this.#options;
    if (this.#waiting !== undefined && (await isAccepted(this.#waiting.socket)) !== false) this.close();
    if (this.#waiting === undefined) {
      const socket = await connectTo(target, Math.min(CONNECT_TIMEOUT_MS, ttl / 3), clock);
      if (socket instanceof Error) return unconnected(socket, this.#last);
      await sleep(clock, ACCEPT_MS);
      if ((await isAccepted(socket)) !== false) {
        socket.destroy();
        return { status: 'passing', output: 'the port accepts connections' };
      }
      this.#waiting = { socket, since: clock.now() };
      socket.once('close', () => {
        if (this.#waiting?.socket === socket) this.#waiting = undefined;
      });
    }
    return this.#unaccepted(clock.now() - this.#waiting.since);
  }

  #unaccepted(forMs: number): Seen {
    const { clock, ttl, lastRequestAt } = this.#options;
    if (forMs < ttl) return { status: 'passing', output: 'a connection waits to be accepted' };
    const output = `the application has not accepted a connection for ${Math.round(forMs / 1_000)} s`;
    return clock.now() - lastRequestAt() < ttl
      ? { status: 'warning', output: `${output}, and makes requests` }
      : { status: 'critical', output: `${output}, and makes no requests` };
  }
}

/**
 * What a connection that cannot be made says of the application: nothing where this process or machine is short of something.
 * @param last what was seen before
 */
export function unconnected(error: NodeJS.ErrnoException, last: CheckStatus): Seen {
  const shortage = shortageWhileConnecting(error.code);
  return shortage === undefined
    ? { status: 'critical', output: error.message }
    : { status: last, output: `not looked at: ${error.code}: ${shortage}` };
}

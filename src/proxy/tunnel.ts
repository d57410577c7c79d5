// Two sockets joined after an upgrade: bytes both ways, half-closes passed on, idle connections ended.

import type { Duplex } from 'node:stream';
import type { Clock, ScheduledTask } from '../core/clock.ts';

export interface TunnelOptions {
  readonly clock: Clock;
  /** How long no byte may move in either direction, in milliseconds; 0 for ever. */
  readonly idleMs: number;
  readonly onClosed: () => void;
}

/** Joins the two until both are closed; a fault of one closes the other. */
export function joinSockets(downstream: Duplex, upstream: Duplex, options: TunnelOptions): void {
  let lastMoveAt = options.clock.now();
  let idleTimer: ScheduledTask | undefined;
  let open = 2;
  const moved = (): void => {
    lastMoveAt = options.clock.now();
  };
  const watchIdle = (waitMs: number): void => {
    idleTimer = options.clock.schedule(waitMs, () => {
      const idleForMs = options.clock.now() - lastMoveAt;
      if (idleForMs < options.idleMs) {
        watchIdle(options.idleMs - idleForMs);
        return;
      }
      downstream.destroy();
      upstream.destroy();
    });
  };
  const join = (from: Duplex, to: Duplex): void => {
    from.on('data', moved);
    from.on('error', () => to.destroy());
    from.on('close', () => {
      // An orderly end was passed on by the pipe; anything else must not look like one.
      if (!from.readableEnded) to.destroy();
      open--;
      if (open > 0) return;
      idleTimer?.cancel();
      options.onClosed();
    });
    from.pipe(to);
  };
  join(downstream, upstream);
  join(upstream, downstream);
  if (options.idleMs > 0) watchIdle(options.idleMs);
}

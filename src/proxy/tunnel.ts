// Two streams joined after an upgrade: bytes both ways, half-closes passed on, idle connections ended.

import type { Duplex } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import type { WireProgress } from '../http/progress.ts';
import { StallWatch } from '../http/stall-watch.ts';

export interface TunnelOptions {
  readonly clock: Clock;
  /** How long no byte may move in either direction, in milliseconds; 0 for ever. */
  readonly idleMs: number;
  /** The connections below the two. */
  readonly connections: readonly WireProgress[];
  readonly onClosed: () => void;
}

/** Joins the two until both are closed; a fault of one closes the other. */
export function joinStreams(downstream: Duplex, upstream: Duplex, options: TunnelOptions): void {
  const { clock, idleMs, connections, onClosed } = options;
  let open = 2;
  const watch =
    idleMs === 0
      ? undefined
      : new StallWatch({
          clock,
          idleMs,
          connections: () => connections,
          onStalled: () => {
            downstream.destroy();
            upstream.destroy();
          },
        });
  const join = (from: Duplex, to: Duplex): void => {
    from.on('error', () => to.destroy());
    from.on('close', () => {
      // An orderly end was passed on by the pipe; anything else must not look like one.
      if (!from.readableEnded) to.destroy();
      open--;
      if (open > 0) return;
      watch?.stop();
      onClosed();
    });
    from.pipe(to);
  };
  join(downstream, upstream);
  join(upstream, downstream);
}

// Two streams joined after an upgrade: bytes both ways, no more of them held than one read, half-closes passed on, idle
// connections ended. WebSockets are closed with 1001 when this process stops.

import type { Duplex } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import type { WireProgress } from '../http/progress.ts';
import { StallWatch } from '../http/stall-watch.ts';
import { OPENING_BYTES, readAfresh } from '../net/read-garbage.ts';
import { recycle } from '../net/slabs.ts';
import { FrameTracker, GOING_AWAY, GOING_AWAY_MASKED } from './websocket-frames.ts';

/** As so much memory counts at least what one read leaves behind, however little came. */
const READ_BYTES = 8 * 1024;

export interface TunnelOptions {
  readonly clock: Clock;
  /** How long no byte may move in either direction, in milliseconds; 0 for ever. */
  readonly idleMs: number;
  /** The connections below the two. */
  readonly connections: readonly WireProgress[];
  /** Whether the two speak WebSocket with each other. Default false. */
  readonly isWebSocket?: boolean;
  /** @param idle it was ended because nothing moved */
  readonly onClosed: (idle: boolean) => void;
}

export class Tunnel {
  readonly #toClient: Direction;
  readonly #toEndpoint: Direction;

  /** Joins the two until both are closed; a fault of one closes the other. */
  constructor(downstream: Duplex, upstream: Duplex, options: TunnelOptions) {
    const { clock, idleMs, connections, isWebSocket = false, onClosed } = options;
    this.#toClient = new Direction(upstream, downstream, isWebSocket ? GOING_AWAY : undefined);
    this.#toEndpoint = new Direction(downstream, upstream, isWebSocket ? GOING_AWAY_MASKED : undefined);
    readAfresh(OPENING_BYTES);
    let idle = false;
    const watch =
      idleMs === 0
        ? undefined
        : new StallWatch({
            clock,
            idleMs,
            connections: () => connections,
            onStalled: () => {
              idle = true;
              downstream.destroy();
              upstream.destroy();
            },
          });
    let open = 2;
    const closed = (): void => {
      open--;
      if (open > 0) return;
      watch?.stop();
      onClosed(idle);
    };
    this.#toClient.start(closed);
    this.#toEndpoint.start(closed);
  }

  /** Sends a close frame to both sides of a WebSocket, once the frames under way have ended; does nothing for others. */
  goAway(): void {
    this.#toClient.goAway();
    this.#toEndpoint.goAway();
  }
}

class Direction {
  readonly #from: Duplex;
  readonly #to: Duplex;
  readonly #closeFrame: Buffer | undefined;
  readonly #frames: FrameTracker | undefined;
  /** A close frame is due at the end of the frame under way. */
  #leaving = false;
  /** It was sent, and nothing more is passed on (RFC 6455 §5.5.1). */
  #left = false;

  /** @param closeFrame the close frame; undefined where frames are not tracked */
  constructor(from: Duplex, to: Duplex, closeFrame: Buffer | undefined) {
    this.#from = from;
    this.#to = to;
    this.#closeFrame = closeFrame;
    this.#frames = closeFrame === undefined ? undefined : new FrameTracker();
  }

  /** @param closed the stream that this reads from is closed */
  start(closed: () => void): void {
    const from = this.#from;
    const to = this.#to;
    from.on('error', () => to.destroy());
    from.on('end', () => to.end());
    from.on('close', () => {
      // An orderly end was passed on; anything else must not look like one.
      if (!from.readableEnded) to.destroy();
      closed();
    });
    from.on('data', (chunk: Buffer) => this.#data(chunk));
    from.resume();
  }

  goAway(): void {
    const isOver = this.#left || this.#leaving || this.#to.writableEnded;
    if (isOver || this.#frames === undefined || this.#frames.closing) return;
    if (this.#frames.between) this.#leave();
    else this.#leaving = true;
  }

  #data(chunk: Buffer): void {
    readAfresh(Math.max(chunk.length, READ_BYTES));
    if (this.#left) {
      recycle(chunk);
      return;
    }
    const frames = this.#frames;
    const taken = frames === undefined ? chunk.length : frames.advance(chunk, this.#leaving);
    this.#write(taken === chunk.length ? chunk : chunk.subarray(0, taken), chunk);
    if (!this.#leaving || frames === undefined || !frames.between) return;
    if (frames.closing) this.#leaving = false;
    else this.#leave();
  }

  /** @param memory given back when the kernel has taken over all of it; then reading goes on */
  #write(bytes: Buffer, memory: Buffer): void {
    const from = this.#from;
    const to = this.#to;
    to.write(bytes, () => {
      recycle(memory);
      if (to.writableLength === 0 && from.isPaused()) from.resume();
    });
    if (to.writableLength > 0) from.pause();
  }

  #leave(): void {
    this.#left = true;
    this.#to.end(this.#closeFrame);
    // What still comes is read and thrown away, so that its sender can come to its own end.
    this.#from.resume();
  }
}

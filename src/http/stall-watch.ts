// Notices that nothing has moved over some connections for a time: bytes as the kernel took or gave them, and where
// a peer reads slowly, as it acknowledged them. A slow peer is never taken for one that has stopped.

import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { WireProgress } from './progress.ts';

export interface StallWatchOptions {
  readonly clock: Clock;
  /** How long nothing may move, in milliseconds; above 0. */
  readonly idleMs: number;
  /** The connections, as they are at the time of asking. */
  readonly connections: () => readonly WireProgress[];
  /** Called once. */
  readonly onStalled: () => void;
}

/** Into how many looks the time is divided: so much later, as a part of it, a stall may be noticed. */
const LOOKS = 4;

export class StallWatch {
  readonly #options: StallWatchOptions;
  #timer: ScheduledTask | undefined;
  #movedAt: number;
  #moved: number;
  #unacknowledged: number | undefined;
  #over = false;

  constructor(options: StallWatchOptions) {
    this.#options = options;
    this.#movedAt = options.clock.now();
    this.#moved = this.#count();
    this.#schedule();
  }

  /** Something else happened that counts as movement. */
  touch(): void {
    this.#movedAt = this.#options.clock.now();
  }

  stop(): void {
    this.#over = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    const { clock, idleMs } = this.#options;
    this.#timer = clock.schedule(idleMs / LOOKS, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { clock, idleMs, onStalled } = this.#options;
    if (this.#noticeMoved() || (await this.#noticeAcknowledged())) this.#movedAt = clock.now();
    if (this.#over) return;
    if (clock.now() - this.#movedAt < idleMs) {
      this.#schedule();
      return;
    }
    this.#over = true;
    onStalled();
  }

  #noticeMoved(): boolean {
    const moved = this.#count();
    const hasMoved = moved !== this.#moved;
    this.#moved = moved;
    return hasMoved;
  }

  /** Asked only of connections on which nothing else moves, since asking is expensive. */
  async #noticeAcknowledged(): Promise<boolean> {
    const writing = this.#options.connections().filter((connection) => connection.writing);
    if (writing.length === 0) return false;
    const counts = await Promise.all(writing.map((connection) => connection.unacknowledged()));
    const unacknowledged = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
    const hasMoved = this.#unacknowledged !== undefined && this.#unacknowledged !== unacknowledged;
    this.#unacknowledged = unacknowledged;
    return hasMoved;
  }

  #count(): number {
    return this.#options.connections().reduce((sum, { moved }) => sum + moved, 0);
  }
}

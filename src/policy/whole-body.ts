// The content of a request that is in memory from the first: every attempt can send it.

import type { Body } from '../http/body.ts';
import type { CallBody } from './call.ts';

export class WholeBody implements CallBody {
  readonly replayable = true;
  readonly arriving = false;
  readonly awaited = false;
  readonly arrivedAt = undefined;
  readonly received: number;
  readonly #content: Buffer;

  constructor(content: Buffer) {
    this.#content = content;
    this.received = content.length;
  }

  open(): Body | undefined {
    const whole = this.#content;
    if (whole.length === 0) return undefined;
    return { length: whole.length, whole, deliver: () => {}, resume: () => {}, abandon: () => {} };
  }

  leaves(): void {}

  left(): void {}

  release(): void {}
}

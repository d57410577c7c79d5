// One response for several readers, each at its own pace within bounds: who is far behind holds the others up for a
// while, and is then let go.

import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type { ResponseSink, TransportFailure, UpstreamResponse } from '../../http/attempt.ts';
import type { Fields } from '../../http/message.ts';
import { keep } from '../../net/slabs.ts';
import type { BranchHub } from './branch.ts';
import { Branch } from './branch.ts';

export interface FanOutOptions {
  readonly clock: Clock;
  /** How many bytes a reader may be behind before the response waits for it. */
  readonly bufferBytes: number;
  /** For how many milliseconds in all a reader may keep the others waiting. */
  readonly patienceMs: number;
  /** Called once, when the response has ended or no branch wants it any more. */
  readonly onOver: () => void;
}

const TOO_SLOW = 'the response was shared with other callers, and this one read it too slowly';

export class FanOut implements ResponseSink, BranchHub {
  readonly response: UpstreamResponse;
  readonly options: FanOutOptions;
  readonly #branches = new Set<Branch>();
  #started = false;
  #over = false;
  #paused = false;
  #holdingSince: number | undefined;
  #timer: ScheduledTask | undefined;

  constructor(response: UpstreamResponse, options: FanOutOptions) {
    this.response = response;
    this.options = options;
  }

  /** The response as one reader sees it: all of them are made before any reads. */
  branch(): Branch {
    const branch = new Branch(this);
    this.#branches.add(branch);
    return branch;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.response.deliver(this);
  }

  data(chunk: Buffer): boolean {
    keep(chunk);
    for (const branch of [...this.#branches]) branch.push(chunk);
    this.#weigh();
    this.#paused = this.#mustWait();
    return !this.#paused;
  }

  end(trailers: Fields): void {
    for (const branch of [...this.#branches]) branch.finish(trailers);
    this.#end();
  }

  broken(failure: TransportFailure): void {
    for (const branch of [...this.#branches]) branch.fail(failure);
    this.#end();
  }

  moved(): void {
    if (this.#over) return;
    this.#weigh();
    if (!this.#paused || this.#mustWait()) return;
    this.#paused = false;
    this.response.resume();
  }

  left(branch: Branch): void {
    if (!this.#branches.delete(branch) || this.#over) return;
    if (this.#branches.size > 0) {
      this.moved();
      return;
    }
    this.#end();
    this.response.abandon();
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#timer?.cancel();
    this.options.onOver();
  }

  /** While one is full, or when none can take more: beyond that it is the readers' pace that counts. */
  #mustWait(): boolean {
    const branches = [...this.#branches];
    return branches.some((branch) => branch.full) || branches.every((branch) => !branch.hungry);
  }

  /** Charges those that keep others waiting for the time since they were last looked at. */
  #weigh(): void {
    const { clock, patienceMs } = this.options;
    const now = clock.now();
    const holders = [...this.#branches].filter((branch) => branch.full);
    if (this.#holdingSince !== undefined) {
      for (const branch of this.#branches) if (branch.holding) branch.heldMs += now - this.#holdingSince;
    }
    this.#timer?.cancel();
    const holding = holders.length > 0 && [...this.#branches].some((branch) => branch.hungry);
    for (const branch of this.#branches) branch.holding = holding && branch.full;
    this.#holdingSince = holding ? now : undefined;
    if (!holding) return;
    for (const branch of holders) {
      if (branch.heldMs < patienceMs) continue;
      branch.fail({ reason: 'client_gone', neverSent: false, detail: TOO_SLOW });
      // That looks at those who are left again.
      this.left(branch);
      return;
    }
    const least = Math.min(...holders.map((branch) => patienceMs - branch.heldMs));
    this.#timer = clock.schedule(least, () => this.moved());
  }
}

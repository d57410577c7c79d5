// The time limits of one attempt: while its content arrives, that bytes move; then, how long the head of its response may
// take; and when a client that waits for 100 is asked for its content anyway.

import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { WireProgress } from '../http/progress.ts';
import { StallWatch } from '../http/stall-watch.ts';
import type { Call } from '../policy/call.ts';
import { EARLY_MS, FAIR_MS } from './attempt-outcome.ts';

/** How long an endpoint may take to ask for content before the client is asked to send it anyway, in milliseconds. */
const CONTINUE_AFTER_MS = 1_000;

/** Smaller contents are never looked for in the kernel's buffers. */
const KERNEL_HOLDS_BYTES = 64 * 1024;

/** The attempt, as its time limits see it. */
export interface TimedAttempt {
  /** The head of its response has come, or its end. */
  readonly settled: boolean;
  /** Of the connection that carries it; undefined while none does. */
  readonly progress: WireProgress | undefined;
  /** Ends it, since a limit was reached. @param detail for people */
  cancel(reason: 'upstream_timeout' | 'request_timeout' | 'deadline_exceeded', detail: string): void;
}

export class AttemptTimes {
  readonly #attempt: TimedAttempt;
  readonly #call: Call;
  readonly #clock: Clock;
  readonly #perTryMs: number | undefined;
  readonly #idleMs: number;
  /** Monotonic milliseconds, as all times here. */
  readonly #startedAt: number;
  /** When the request began to leave; undefined before. */
  sendingAt: number | undefined;
  /** When the endpoint had the whole request, as far as is known here. */
  #sentAt: number | undefined;
  #timer: ScheduledTask | undefined;
  #continueTimer: ScheduledTask | undefined;
  #upload: StallWatch | undefined;
  #unacknowledged: number | undefined;
  #unacknowledgedSince = 0;

  /**
   * @param perTryMs until the head of the response; 0 for no limit but the call's own, undefined for a share of that
   * @param idleMs without a byte of a request that is still arriving; 0 for ever
   */
  constructor(attempt: TimedAttempt, call: Call, clock: Clock, perTryMs: number | undefined, idleMs: number) {
    this.#attempt = attempt;
    this.#call = call;
    this.#clock = clock;
    this.#perTryMs = perTryMs;
    this.#idleMs = idleMs;
    this.#startedAt = clock.now();
  }

  /** The attempt has been handed to the transport. A failure, or the sending of it, may have come before. */
  started(): void {
    if (!this.#attempt.settled && this.#timer === undefined && this.#upload === undefined) this.#awaitHead();
  }

  /** The request begins to leave. */
  sending(): void {
    const { request } = this.#call;
    this.sendingAt = this.#clock.now();
    if (!request.body.arriving) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#watchUpload();
    if (!request.awaitsContinue()) return;
    // Many servers take content without having asked for it (RFC 9110 §10.1.1).
    this.#continueTimer = this.#clock.schedule(CONTINUE_AFTER_MS, () => request.continueBody());
  }

  /** Its last byte has been handed to the kernel. @returns when, in milliseconds since the start */
  sent(): number {
    this.#upload?.stop();
    this.#upload = undefined;
    this.#sentAt = this.#clock.now();
    if (!this.#attempt.settled) {
      this.#timer?.cancel();
      this.#awaitHead();
    }
    return this.#sentAt - this.#startedAt;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#continueTimer?.cancel();
    this.#upload?.stop();
  }

  /** Until its last byte an upload is only required to move. */
  #watchUpload(): void {
    const idleMs = this.#idleMs;
    if (idleMs === 0) return;
    this.#upload = new StallWatch({
      clock: this.#clock,
      idleMs,
      connections: () => this.#connection(),
      onStalled: () => {
        if (this.#attempt.progress?.writing === true) {
          this.#attempt.cancel('upstream_timeout', `no byte of the request was taken for ${idleMs} ms`);
        } else {
          this.#attempt.cancel('request_timeout', `no byte of the request came for ${idleMs} ms`);
        }
      },
    });
  }

  #connection(): readonly WireProgress[] {
    const { progress } = this.#attempt;
    return progress === undefined ? [] : [progress];
  }

  /** Since when the endpoint has had its time. */
  get #since(): number {
    return Math.max(this.#startedAt, this.#sentAt ?? 0);
  }

  #awaitHead(): void {
    const wait = this.#waitForHead(this.#since, this.#clock.now());
    if (!Number.isFinite(wait)) return;
    this.#timer = this.#clock.schedule(Math.max(0, wait), () => void this.#timeUp());
  }

  /** How long the head may still take, in milliseconds, of an attempt whose time began at `since`. */
  #waitForHead(since: number, now: number): number {
    const remaining = this.#call.remainingMs(now);
    return Math.min(remaining, since + this.#perTry(remaining + now - since) - now);
  }

  /** @param leftMs of the call's time when the attempt's own began */
  #perTry(leftMs: number): number {
    const perTryMs = this.#perTryMs;
    if (perTryMs !== undefined) return perTryMs === 0 ? Number.POSITIVE_INFINITY : perTryMs;
    return this.#call.request.body.replayable ? Math.max(FAIR_MS, leftMs / this.#call.triesLeft) : leftMs;
  }

  async #timeUp(): Promise<void> {
    const now = this.#clock.now();
    const since = this.#since;
    if (this.#waitForHead(since, now) > EARLY_MS) {
      this.#awaitHead();
      return;
    }
    if (await this.#isStillLeaving()) return;
    const callIsOver = this.#call.remainingMs(now) <= EARLY_MS;
    this.#attempt.cancel(
      callIsOver ? 'deadline_exceeded' : 'upstream_timeout',
      `no response within ${Math.round(now - since)} ms`,
    );
  }

  /** The kernel may hold much of what it has taken, for an endpoint that reads slowly: that is not silence yet. */
  async #isStillLeaving(): Promise<boolean> {
    const { body } = this.#call.request;
    if (this.#sentAt === undefined || body.received < KERNEL_HOLDS_BYTES) return false;
    const unacknowledged = await this.#attempt.progress?.unacknowledged();
    if (unacknowledged === undefined || unacknowledged === 0 || this.#attempt.settled) return false;
    if (unacknowledged !== this.#unacknowledged) {
      this.#unacknowledged = unacknowledged;
      this.#unacknowledgedSince = this.#clock.now();
    }
    const quietMs = this.#clock.now() - this.#unacknowledgedSince;
    if (this.#idleMs > 0 && quietMs >= this.#idleMs) return false;
    body.left();
    this.#sentAt = this.#clock.now();
    this.#awaitHead();
    return true;
  }
}

// The body of a response on its way to the caller: back-pressure, the idle limit, and what happens when either
// side breaks off.

import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { RawHeaders, ResponseSink, TransportFailure, UpstreamResponse } from '../http/attempt.ts';
import type { Exchange } from '../http/exchange.ts';

export interface RelayOptions {
  readonly clock: Clock;
  /** How long neither side may move a byte, in milliseconds; 0 for ever. */
  readonly idleMs: number;
  /** Called once, with the failure when the caller did not get the whole. */
  readonly onFinished: (failure: TransportFailure | undefined) => void;
}

export class ResponseRelay implements ResponseSink {
  readonly #response: UpstreamResponse;
  readonly #exchange: Exchange;
  readonly #options: RelayOptions;
  #finished = false;
  #waitsForDrain = false;
  #lastMoveAt: number;
  #idleTimer: ScheduledTask | undefined;

  constructor(response: UpstreamResponse, exchange: Exchange, options: RelayOptions) {
    this.#response = response;
    this.#exchange = exchange;
    this.#options = options;
    this.#lastMoveAt = options.clock.now();
  }

  run(): void {
    this.#response.deliver(this);
    if (this.#finished) return;
    this.#exchange.flush();
    if (this.#options.idleMs > 0) this.#watchIdle(this.#options.idleMs);
  }

  data(chunk: Buffer): boolean {
    this.#lastMoveAt = this.#options.clock.now();
    if (this.#exchange.write(chunk)) return true;
    if (!this.#waitsForDrain) {
      this.#waitsForDrain = true;
      this.#exchange.onDrain(() => {
        this.#waitsForDrain = false;
        this.#lastMoveAt = this.#options.clock.now();
        this.#response.resume();
      });
    }
    return false;
  }

  end(trailers: RawHeaders): void {
    this.#exchange.end(trailers);
    this.#finish(undefined);
  }

  broken(failure: TransportFailure): void {
    this.#exchange.abort();
    this.#finish(failure);
  }

  /** The caller is gone. */
  stop(failure: TransportFailure): void {
    if (this.#finished) return;
    this.#finish(failure);
    // A caller that does not read says nothing of the endpoint.
    if (this.#waitsForDrain) this.#response.abandon();
    else this.#response.abandon(failure);
  }

  #watchIdle(waitMs: number): void {
    this.#idleTimer = this.#options.clock.schedule(waitMs, () => {
      const idleForMs = this.#options.clock.now() - this.#lastMoveAt;
      if (idleForMs < this.#options.idleMs) {
        this.#watchIdle(this.#options.idleMs - idleForMs);
        return;
      }
      const detail = `no byte moved for ${this.#options.idleMs} ms`;
      this.#exchange.abort();
      this.stop({ reason: 'upstream_timeout', neverSent: false, detail });
    });
  }

  #finish(failure: TransportFailure | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#idleTimer?.cancel();
    this.#options.onFinished(failure);
  }
}

// The content of a response on its way to the client: back-pressure, the idle limit, and what happens when either
// side breaks off.

import type { Clock } from '../core/clock.ts';
import type { ResponseSink, TransportFailure, UpstreamResponse } from '../http/attempt.ts';
import type { Exchange, ResponseWriter } from '../http/exchange.ts';
import type { Fields } from '../http/message.ts';
import type { WireProgress } from '../http/progress.ts';
import { StallWatch } from '../http/stall-watch.ts';

export interface RelayOptions {
  readonly clock: Clock;
  /** How long neither side may move a byte, in milliseconds; 0 for ever. */
  readonly idleMs: number;
  /** What ends a response that breaks off, where its protocol has a way to say so; undefined to break it off. */
  readonly trailersOfBreak?: ((failure: TransportFailure) => Fields) | undefined;
  /** Called once, with the failure when the client did not get the whole. */
  readonly onFinished: (failure: TransportFailure | undefined) => void;
}

const CLIENT_GONE: TransportFailure = {
  reason: 'client_gone',
  neverSent: false,
  detail: 'the client left before it had read its response',
};

export class ResponseRelay implements ResponseSink {
  readonly #response: UpstreamResponse;
  readonly #exchange: Exchange;
  readonly #writer: ResponseWriter;
  readonly #options: RelayOptions;
  #ended = false;
  #finished = false;
  #waitsForDrain = false;
  #watch: StallWatch | undefined;

  constructor(response: UpstreamResponse, exchange: Exchange, writer: ResponseWriter, options: RelayOptions) {
    this.#response = response;
    this.#exchange = exchange;
    this.#writer = writer;
    this.#options = options;
  }

  run(): void {
    this.#response.deliver(this);
    if (this.#finished) return;
    if (!this.#ended) {
      this.#writer.flush();
      this.#writer.onDrain(() => this.#drained());
    }
    const { clock, idleMs } = this.#options;
    if (idleMs === 0) return;
    this.#watch = new StallWatch({
      clock,
      idleMs,
      connections: () => this.#connections(),
      onStalled: () => this.#stalled(),
    });
  }

  #connections(): readonly WireProgress[] {
    const { progress } = this.#response;
    return progress === undefined ? [this.#exchange.progress] : [this.#exchange.progress, progress];
  }

  data(chunk: Buffer): boolean {
    if (this.#writer.data(chunk)) return true;
    this.#waitsForDrain = true;
    return false;
  }

  end(trailers: Fields): void {
    this.#ended = true;
    this.#writer.end(trailers);
    if (this.#writer.taken) {
      this.#finish(undefined);
      return;
    }
    this.#waitsForDrain = true;
    this.#writer.onTaken((whole) => this.#finish(whole ? undefined : CLIENT_GONE));
  }

  broken(failure: TransportFailure): void {
    this.#breakOff(failure);
    this.#finish(failure);
  }

  /** The client is gone. */
  stop(failure: TransportFailure): void {
    if (this.#finished) return;
    this.#finish(failure);
    // A client that does not read says nothing of the endpoint.
    if (this.#waitsForDrain) this.#response.abandon();
    else this.#response.abandon(failure);
  }

  #drained(): void {
    if (!this.#waitsForDrain || this.#ended || this.#finished) return;
    this.#waitsForDrain = false;
    this.#response.resume();
  }

  #stalled(): void {
    const detail = `no byte moved for ${this.#options.idleMs} ms`;
    if (this.#waitsForDrain) {
      this.#exchange.destroy();
      this.stop({ reason: 'client_gone', neverSent: false, detail });
      return;
    }
    const failure: TransportFailure = { reason: 'upstream_timeout', neverSent: false, detail };
    // What is left to be said to a client that reads, its protocol knows.
    this.#breakOff(failure);
    this.stop(failure);
  }

  #breakOff(failure: TransportFailure): void {
    const trailers = this.#options.trailersOfBreak?.(failure);
    if (trailers === undefined) this.#writer.broken(failure);
    else this.#writer.end(trailers);
  }

  #finish(failure: TransportFailure | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#watch?.stop();
    this.#options.onFinished(failure);
  }
}

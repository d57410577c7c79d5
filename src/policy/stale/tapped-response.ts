// A response that is kept while it streams to its reader: not before it is whole, and not beyond a bound.

import type { RawHeaders, ResponseSink, TransportFailure, UpstreamResponse } from '../../http/attempt.ts';

/** Where parts of the response are paid for. */
export interface TapBudget {
  tryReserve(bytes: number): boolean;
  release(bytes: number): void;
}

export class TappedResponse implements UpstreamResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: RawHeaders;
  readonly #response: UpstreamResponse;
  readonly #maxBytes: number;
  readonly #budget: TapBudget;
  readonly #onWhole: (body: Buffer) => void;
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;

  /** @param onWhole called once with all of the body, unless it was too long or broke off */
  constructor(
    response: UpstreamResponse,
    maxBytes: number,
    budget: TapBudget,
    onWhole: (body: Buffer) => void,
  ) {
    this.status = response.status;
    this.statusText = response.statusText;
    this.headers = response.headers;
    this.#response = response;
    this.#maxBytes = maxBytes;
    this.#budget = budget;
    this.#onWhole = onWhole;
  }

  deliver(sink: ResponseSink): void {
    this.#response.deliver({
      data: (chunk) => {
        this.#keep(chunk);
        return sink.data(chunk);
      },
      end: (trailers) => {
        const kept = this.#kept;
        this.#giveUp();
        if (kept !== undefined) this.#onWhole(Buffer.concat(kept));
        sink.end(trailers);
      },
      broken: (failure) => {
        this.#giveUp();
        sink.broken(failure);
      },
    });
  }

  resume(): void {
    this.#response.resume();
  }

  abandon(failure?: TransportFailure): void {
    this.#giveUp();
    this.#response.abandon(failure);
  }

  #keep(chunk: Buffer): void {
    if (this.#kept === undefined) return;
    const fits = this.#keptBytes + chunk.length <= this.#maxBytes && this.#budget.tryReserve(chunk.length);
    if (!fits) {
      this.#giveUp();
      return;
    }
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
  }

  #giveUp(): void {
    if (this.#kept === undefined) return;
    this.#kept = undefined;
    this.#budget.release(this.#keptBytes);
  }
}

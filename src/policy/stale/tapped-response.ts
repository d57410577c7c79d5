// A response that is kept while it streams to its reader: not before it is whole, and not beyond a bound.

import type { ResponseSink, TransportFailure, UpstreamResponse } from '../../http/attempt.ts';
import { WrappedResponse } from '../../http/wrapped-response.ts';
import { keep } from '../../net/slabs.ts';

/** Where parts of the response are paid for. */
export interface TapBudget {
  tryReserve(bytes: number): boolean;
  release(bytes: number): void;
}

export class TappedResponse extends WrappedResponse {
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
    super(response);
    this.#maxBytes = maxBytes;
    this.#budget = budget;
    this.#onWhole = onWhole;
  }

  override deliver(sink: ResponseSink): void {
    this.response.deliver({
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

  override abandon(failure?: TransportFailure): void {
    this.#giveUp();
    this.response.abandon(failure);
  }

  #keep(chunk: Buffer): void {
    if (this.#kept === undefined) return;
    const fits = this.#keptBytes + chunk.length <= this.#maxBytes && this.#budget.tryReserve(chunk.length);
    if (!fits) {
      this.#giveUp();
      return;
    }
    keep(chunk);
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
  }

  #giveUp(): void {
    if (this.#kept === undefined) return;
    this.#kept = undefined;
    this.#budget.release(this.#keptBytes);
  }
}

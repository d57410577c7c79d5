import type { ResponseSink, TransportFailure, UpstreamResponse } from '../../http/attempt.ts';
import type { Fields } from '../../http/message.ts';
import type { WireProgress } from '../../http/progress.ts';

/** What a branch reports to the response that it is one of. */
export interface BranchHub {
  readonly response: UpstreamResponse;
  /** How many bytes a reader may be behind before the response waits for it. */
  readonly options: { readonly bufferBytes: number };
  /** The first reader has begun. */
  start(): void;
  /** A reader took something, or began. */
  moved(): void;
  /** A reader is not there any more. */
  left(branch: Branch): void;
}

/** A response that is shared, as one of its readers sees it. */
export class Branch implements UpstreamResponse {
  readonly status: number;
  readonly reasonPhrase: string;
  readonly fields: Fields;
  /** It keeps others waiting now, and for how long it has in all, in milliseconds. */
  holding = false;
  heldMs = 0;
  readonly #hub: BranchHub;
  #sink: ResponseSink | undefined;
  #queue: Buffer[] = [];
  #queued = 0;
  #blocked = false;
  #trailers: Fields | undefined;
  #failure: TransportFailure | undefined;
  #done = false;

  constructor(hub: BranchHub) {
    this.status = hub.response.status;
    this.reasonPhrase = hub.response.reasonPhrase;
    this.fields = hub.response.fields;
    this.#hub = hub;
  }

  get progress(): WireProgress | undefined {
    return this.#hub.response.progress;
  }

  /** It is as far behind as it may be. */
  get full(): boolean {
    return this.#queued >= this.#hub.options.bufferBytes;
  }

  /** It has read all that came and would read more. */
  get hungry(): boolean {
    return this.#sink !== undefined && !this.#blocked && this.#queued === 0;
  }

  deliver(sink: ResponseSink): void {
    this.#sink = sink;
    this.#flush();
    this.#hub.start();
    this.#hub.moved();
  }

  resume(): void {
    this.#blocked = false;
    this.#flush();
    this.#hub.moved();
  }

  abandon(): void {
    this.#done = true;
    this.#queue = [];
    this.#queued = 0;
    this.#hub.left(this);
  }

  push(chunk: Buffer): void {
    if (this.#done) return;
    if (this.hungry) {
      this.#blocked = this.#sink?.data(chunk) === false;
      return;
    }
    this.#queue.push(chunk);
    this.#queued += chunk.length;
  }

  finish(trailers: Fields): void {
    this.#trailers = trailers;
    this.#flush();
  }

  fail(failure: TransportFailure): void {
    if (this.#done) return;
    this.#failure = failure;
    this.#queue = [];
    this.#queued = 0;
    this.#flush();
  }

  #flush(): void {
    const sink = this.#sink;
    if (sink === undefined || this.#done) return;
    while (!this.#blocked) {
      const chunk = this.#queue.shift();
      if (chunk === undefined) break;
      this.#queued -= chunk.length;
      this.#blocked = !sink.data(chunk);
    }
    if (this.#done) return;
    if (this.#failure !== undefined) {
      this.#done = true;
      sink.broken(this.#failure);
    } else if (this.#trailers !== undefined && this.#queue.length === 0) {
      this.#done = true;
      sink.end(this.#trailers);
    }
  }
}

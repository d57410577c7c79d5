// The content of a request, read from the client once and sent upstream once per attempt: what has come is kept,
// up to a limit, so that another attempt can begin again.

import type { Clock } from '../core/clock.ts';
import type { Body, BodySink, StreamFault } from '../http/body.ts';
import type { Fields } from '../http/message.ts';
import { NO_FIELDS } from '../http/message.ts';
import type { CallBody } from '../policy/call.ts';
import type { ReplayBudget } from './replay-budget.ts';

export interface ReplayLimits {
  /** The most bytes kept for one request. */
  readonly perRequest: number;
  readonly budget: ReplayBudget;
}

const NOTHING = Buffer.alloc(0);

/** A copy that is being made while the content passes. */
interface Copy {
  readonly chunks: Buffer[];
  bytes: number;
  readonly maxBytes: number;
  readonly copied: (content: Buffer) => void;
}

export class ReplayableBody implements CallBody, BodySink {
  readonly length: number | undefined;
  readonly #source: Body | undefined;
  readonly #limits: ReplayLimits;
  readonly #clock: Clock;
  #received: number;
  #arrivedAt: number | undefined;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #forgotten = false;
  #started = false;
  #trailers: Fields | undefined;
  #fault: StreamFault | undefined;
  #leaving = false;
  #left = false;
  /** The source was asked to wait. */
  #waiting = false;
  #reader: AttemptBody | undefined;
  #copy: Copy | undefined;

  /** @param source undefined when the request has no content */
  constructor(source: Body | undefined, limits: ReplayLimits, clock: Clock) {
    this.#source = source;
    this.#limits = limits;
    this.#clock = clock;
    this.length = source?.length;
    this.#received = source?.whole?.length ?? 0;
    if (source === undefined || source.whole !== undefined) this.#trailers = NO_FIELDS;
  }

  get arriving(): boolean {
    return this.#trailers === undefined && this.#fault === undefined;
  }

  get awaited(): boolean {
    return this.#leaving && !this.#left;
  }

  get arrivedAt(): number | undefined {
    return this.#arrivedAt;
  }

  get received(): number {
    return this.#received;
  }

  /** Whether `open` would give the whole content. */
  get replayable(): boolean {
    return this.#source?.whole !== undefined || !this.#forgotten;
  }

  /** Read into the content, even if nothing of it is known to be wanted. */
  open(): Body | undefined {
    this.#leaving = false;
    this.#left = false;
    const source = this.#source;
    if (source === undefined || source.whole !== undefined) return source;
    if (!this.replayable) throw new Error('the content was not kept');
    this.#reader?.detach();
    this.#reader = new AttemptBody(this);
    return this.#reader;
  }

  leaves(): void {
    this.#leaving = true;
  }

  left(): void {
    this.#left = true;
    if (this.#source !== undefined) this.#arrivedAt = this.#clock.now();
  }

  /** Lets go of what is kept; the attempt under way goes on. */
  release(): void {
    this.#forget();
  }

  copy(maxBytes: number, copied: (content: Buffer) => void): void {
    const whole = this.#source === undefined ? NOTHING : this.#source.whole;
    if (whole !== undefined) {
      if (whole.length <= maxBytes) copied(whole);
    } else if (this.#received === 0 && (this.length ?? 0) <= maxBytes) {
      this.#copy = { chunks: [], bytes: 0, maxBytes, copied };
    }
  }

  /** The response is out and no attempt follows: what still comes is the connection's to throw away. */
  discard(): void {
    this.#forget();
    this.#copy = undefined;
    this.#reader?.detach();
    this.#reader = undefined;
    if (this.arriving) this.#source?.abandon();
  }

  data(chunk: Buffer): boolean {
    this.#received += chunk.length;
    if (this.#copy !== undefined) this.#copyChunk(this.#copy, chunk);
    const reader = this.#reader;
    // What no attempt has read yet is held in any case, and it is not more than this: the source waits then.
    if (!this.#forgotten) this.#keep(chunk, reader?.reading !== true);
    // With no attempt to take it, content waits where it is: TCP slows the client down.
    this.#waiting = reader?.feed(chunk) !== true;
    return !this.#waiting;
  }

  end(trailers: Fields): void {
    this.#trailers = trailers;
    this.#arrivedAt = this.#clock.now();
    this.#reader?.finish(trailers);
    const copy = this.#copy;
    this.#copy = undefined;
    copy?.copied(Buffer.concat(copy.chunks));
  }

  broken(fault: StreamFault): void {
    this.#fault = fault;
    this.#copy = undefined;
    this.#reader?.fail(fault);
  }

  /** Begins to read for the first attempt, and gives what has come to each. */
  begin(reader: AttemptBody): void {
    if (!this.#started) {
      this.#started = true;
      this.#source?.deliver(this);
      return;
    }
    let keepsUp = true;
    for (const chunk of this.#kept) keepsUp = reader.feed(chunk);
    if (this.#keptBytes > this.#limits.perRequest) this.#forget();
    if (this.#trailers !== undefined) reader.finish(this.#trailers);
    else if (this.#fault !== undefined) reader.fail(this.#fault);
    else if (keepsUp) this.resume(reader);
  }

  resume(reader: AttemptBody): void {
    if (reader !== this.#reader || !this.#waiting) return;
    this.#waiting = false;
    this.#source?.resume();
  }

  #copyChunk(copy: Copy, chunk: Buffer): void {
    copy.bytes += chunk.length;
    if (copy.bytes > copy.maxBytes) this.#copy = undefined;
    // The chunk itself may be used again once it is sent.
    else copy.chunks.push(Buffer.from(chunk));
  }

  #keep(chunk: Buffer, unread: boolean): void {
    const { perRequest, budget } = this.#limits;
    if (unread) {
      budget.take(chunk.length);
    } else if (this.#keptBytes + chunk.length > perRequest || !budget.tryTake(chunk.length)) {
      this.#forget();
      return;
    }
    this.#kept.push(chunk);
    this.#keptBytes += chunk.length;
  }

  #forget(): void {
    if (this.#forgotten) return;
    this.#forgotten = true;
    this.#limits.budget.give(this.#keptBytes);
    this.#kept = [];
    this.#keptBytes = 0;
  }
}

/** The content as one attempt reads it: first what was kept, then what arrives. */
class AttemptBody implements Body {
  readonly length: number | undefined;
  readonly whole = undefined;
  readonly #content: ReplayableBody;
  #sink: BodySink | undefined;
  #detached = false;

  constructor(content: ReplayableBody) {
    this.length = content.length;
    this.#content = content;
  }

  /** An attempt takes what comes. */
  get reading(): boolean {
    return this.#sink !== undefined;
  }

  deliver(sink: BodySink): void {
    if (this.#detached) return;
    this.#sink = sink;
    this.#content.begin(this);
  }

  resume(): void {
    if (!this.#detached) this.#content.resume(this);
  }

  abandon(): void {
    this.detach();
  }

  /** False asks the source to wait. */
  feed(chunk: Buffer): boolean {
    return this.#sink?.data(chunk) ?? false;
  }

  finish(trailers: Fields): void {
    this.#sink?.end(trailers);
  }

  fail(fault: StreamFault): void {
    this.#sink?.broken(fault);
  }

  /** Ends this attempt's reading without ending the source. */
  detach(): void {
    this.#detached = true;
    this.#sink = undefined;
  }
}

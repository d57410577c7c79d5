// The content of a request, read from the caller once and sent upstream once per attempt: what has come is kept,
// up to a limit, so that another attempt can begin again.

import { Readable } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import type { CallBody } from '../policy/call.ts';
import type { ReplayBudget } from './replay-budget.ts';

export interface ReplayLimits {
  /** The most bytes kept for one request. */
  readonly perRequest: number;
  readonly budget: ReplayBudget;
}

export class ReplayableBody implements CallBody {
  readonly #source: Readable | null;
  readonly #length: number | undefined;
  readonly #limits: ReplayLimits;
  readonly #clock: Clock;
  #received = 0;
  #arrivedAt: number | undefined;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #forgotten = false;
  #started = false;
  #ended = false;
  #lastPartAt: number | undefined;
  #leaving = false;
  #unwanted = false;
  #reader: AttemptBody | undefined;

  /**
   * @param source null when the request has no content
   * @param length its Content-Length, undefined when only its end tells
   */
  constructor(source: Readable | null, length: number | undefined, limits: ReplayLimits, clock: Clock) {
    this.#source = source;
    this.#length = length;
    this.#limits = limits;
    this.#clock = clock;
    this.#ended = source === null || length === 0;
  }

  get arriving(): boolean {
    return !this.#ended;
  }

  get awaited(): boolean {
    return this.#leaving && !this.#ended;
  }

  get arrivedAt(): number | undefined {
    return this.#arrivedAt;
  }

  get lastPartAt(): number | undefined {
    return this.#lastPartAt;
  }

  get blocked(): boolean {
    return this.awaited && this.#source?.isPaused() === true;
  }

  get received(): number {
    return this.#received;
  }

  /** Whether `open` would give the whole content. */
  get replayable(): boolean {
    return !this.#forgotten;
  }

  /**
   * The content from its first byte, for one attempt; the previous attempt's content ends with this.
   * @throws Error when it is not replayable any more
   */
  open(): Buffer | Readable | null {
    this.#leaving = false;
    if (this.#source === null || this.#length === 0) return null;
    if (!this.#started) {
      this.#started = true;
      const whole = this.#readWhole(this.#source);
      if (whole !== undefined) return whole;
      this.#listen(this.#source);
    }
    if (this.#forgotten) throw new Error('the content was not kept');
    this.#reader?.detach();
    this.#reader = undefined;
    if (this.#ended) return Buffer.concat(this.#kept);
    this.#reader = new AttemptBody(this.#source, this.#kept);
    return this.#reader;
  }

  leaves(): void {
    this.#leaving = true;
  }

  /** Lets go of what is kept; the attempt under way goes on. */
  release(): void {
    this.#forget();
  }

  /**
   * The answer is out and no attempt follows: what still comes is read and thrown away, since the caller's next request
   * on its connection stands behind it (RFC 9112 §9.3).
   */
  discard(): void {
    this.#forget();
    // What nobody began to read is the listener's to throw away.
    if (!this.#started || this.#ended) return;
    this.#unwanted = true;
    this.#reader?.detach();
    this.#reader = undefined;
    this.#source?.resume();
  }

  /** The content when all of it has arrived with the head, as it does for most small requests. */
  #readWhole(source: Readable): Buffer | undefined {
    if (this.#length === undefined || source.readableLength < this.#length) return undefined;
    const chunk: unknown = source.read(this.#length);
    if (!Buffer.isBuffer(chunk)) return undefined;
    // Reading on to the end lets the server take the next request of the connection.
    source.resume();
    this.#ended = true;
    this.#received = chunk.length;
    this.#keep(chunk);
    return chunk;
  }

  #listen(source: Readable): void {
    source.on('data', (chunk: Buffer) => {
      this.#received += chunk.length;
      if (this.#unwanted) return;
      this.#lastPartAt = this.#clock.now();
      if (!this.#forgotten) this.#keep(chunk);
      // With no attempt to take it, content waits where it is: TCP slows the caller down.
      if (this.#reader?.feed(chunk) !== true) source.pause();
    });
    source.on('end', () => {
      this.#ended = true;
      this.#arrivedAt = this.#clock.now();
      this.#reader?.finish();
    });
    source.on('error', (error) => this.#reader?.destroy(error));
    source.pause();
  }

  #keep(chunk: Buffer): void {
    const fits =
      this.#keptBytes + chunk.length <= this.#limits.perRequest && this.#limits.budget.tryTake(chunk.length);
    if (!fits) {
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

/** One attempt's view of the content: first what was kept, then what arrives. */
class AttemptBody extends Readable {
  readonly #source: Readable;
  #detached = false;

  constructor(source: Readable, kept: readonly Buffer[]) {
    super();
    this.#source = source;
    for (const chunk of kept) this.push(chunk);
  }

  /** False asks the source to wait. */
  feed(chunk: Buffer): boolean {
    return !this.#detached && this.push(chunk);
  }

  finish(): void {
    if (!this.#detached) this.push(null);
  }

  /** Ends this attempt's reading without ending the source. */
  detach(): void {
    this.#detached = true;
    this.#source.pause();
    this.destroy();
  }

  override _read(): void {
    if (!this.#detached) this.#source.resume();
  }
}

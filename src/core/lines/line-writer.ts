// Lines on their way out of the process: written one chunk at a time, a bounded number waiting, and counted when they
// had to be given up. Neither a full disk nor a reader that stalls or leaves is felt by the caller.

import type { Clock, ScheduledTask } from '../clock.ts';
import type { LineSink } from '../line-sink.ts';

export type WriteResult = (error: NodeJS.ErrnoException | null, written: number) => void;

/** A file descriptor, or what stands for one. Must not block, and calls back exactly once and later. */
export interface ChunkOutput {
  /** Writes some of the bytes from `offset` on, at most `length`. */
  write(bytes: Buffer, offset: number, length: number, done: WriteResult): void;
}

/** What is worth a line elsewhere. */
export interface WriterObserver {
  /** Writing fails from now on; called once until it recovers. */
  failed(error: NodeJS.ErrnoException): void;
  /** Everything that waited is written after lines had been given up. */
  recovered(gap: WritingGap): void;
}

export interface WritingGap {
  /** Lines given up. */
  readonly lines: number;
  /** Milliseconds since the first of them. */
  readonly durationMs: number;
  /** The last error; undefined when the reader was only too slow. */
  readonly error: NodeJS.ErrnoException | undefined;
}

/** In UTF-16 code units, which are bytes but for what is not ASCII. One write may go beyond it. */
const MAX_WAITING_SIZE = 4 * 1024 * 1024;

/** From so much on, writers that can wait are asked to. */
const WAITING_ASKS_TO_WAIT = 16 * 1024;

/** Short lines are joined up to this size: Docker's reader cuts longer writes. */
const JOINED_SIZE = 16 * 1024;

/** In bytes. What a pipe holds on Linux. */
const CHUNK_SIZE = 64 * 1024;

/** After an error; what is written until then waits, in milliseconds. */
const TRY_AGAIN_MS = 1_000;

/** When a descriptor that does not block is full, in milliseconds. */
const FULL_TRY_AGAIN_MS = 50;

const FULL: ReadonlySet<string | undefined> = new Set(['EAGAIN', 'EWOULDBLOCK', 'EINTR']);

const NEWLINE = 0x0a;

interface Entry {
  text: string;
  readonly channel: LineChannel;
}

interface Current {
  readonly bytes: Buffer;
  readonly channel: LineChannel;
  /** Whether it begins with the end of a line that was torn. */
  readonly mends: boolean;
  offset: number;
}

export class LineWriter {
  readonly #output: ChunkOutput;
  readonly #clock: Clock;
  readonly #observer: WriterObserver;
  #waiting: Entry[] = [];
  #waitingSize = 0;
  #current: Current | undefined;
  #busy = false;
  #tryAgain: ScheduledTask | undefined;
  #error: NodeJS.ErrnoException | undefined;
  #gap: { lines: number; readonly since: number } | undefined;
  /** The last line that went out lacks its end. */
  #torn = false;
  #drainListeners: (() => void)[] = [];
  #flushListeners: (() => void)[] = [];

  constructor(output: ChunkOutput, clock: Clock, observer: WriterObserver) {
    this.#output = output;
    this.#clock = clock;
    this.#observer = observer;
  }

  /** A way in with its own count of lines given up. */
  channel(): LineChannel {
    return new LineChannel(this);
  }

  /** @internal for channels */
  write(text: string, channel: LineChannel): boolean {
    if (this.#waitingSize >= MAX_WAITING_SIZE) {
      this.#giveUp(countLines(text), channel);
      return false;
    }
    const last = this.#waiting.at(-1);
    if (last?.channel === channel && last.text.length + text.length <= JOINED_SIZE) last.text += text;
    else this.#waiting.push({ text, channel });
    this.#waitingSize += text.length;
    this.#next();
    return this.#waitingSize < WAITING_ASKS_TO_WAIT;
  }

  /** @internal for channels */
  missed(lines: number): void {
    this.#gap ??= { lines: 0, since: this.#clock.now() };
    this.#gap.lines += lines;
  }

  /** @internal for channels */
  onDrain(listener: () => void): void {
    this.#drainListeners.push(listener);
  }

  /** Resolves when nothing waits any more, when writing fails, or after `withinMs`, whichever comes first. */
  flush(withinMs: number): Promise<void> {
    if (this.#isIdle) return Promise.resolve();
    return new Promise((resolve) => {
      const limit = this.#clock.schedule(withinMs, resolve);
      this.#flushListeners.push(() => {
        limit.cancel();
        resolve();
      });
      if (this.#tryAgain !== undefined) this.#attempt();
    });
  }

  get #isIdle(): boolean {
    return this.#current === undefined && this.#waiting.length === 0;
  }

  #next(): void {
    if (this.#busy || this.#tryAgain !== undefined) return;
    if (this.#current === undefined) {
      const entry = this.#waiting.shift();
      if (entry === undefined) {
        this.#drained();
        return;
      }
      const { text, channel } = entry;
      this.#waitingSize -= text.length;
      const mends = this.#torn;
      this.#current = { bytes: Buffer.from(mends ? `\n${text}` : text), channel, mends, offset: 0 };
      this.#torn = false;
    }
    const current = this.#current;
    this.#busy = true;
    const length = Math.min(CHUNK_SIZE, current.bytes.length - current.offset);
    this.#output.write(current.bytes, current.offset, length, (error, written) => {
      this.#busy = false;
      if (error === null) this.#wrote(current, written);
      else if (FULL.has(error.code)) this.#later(FULL_TRY_AGAIN_MS);
      else this.#failed(current, error);
    });
  }

  #wrote(current: Current, written: number): void {
    current.offset += written;
    if (current.offset >= current.bytes.length) this.#current = undefined;
    if (this.#isIdle) this.#recovered();
    this.#next();
  }

  #failed(current: Current, error: NodeJS.ErrnoException): void {
    const { bytes, offset, channel, mends } = current;
    this.#torn = offset > 0 ? bytes[offset - 1] !== NEWLINE : mends;
    this.#giveUp(countLines(bytes.toString('latin1', offset)) - (mends && offset === 0 ? 1 : 0), channel);
    for (const entry of this.#waiting) this.#giveUp(countLines(entry.text), entry.channel);
    this.#current = undefined;
    this.#waiting = [];
    this.#waitingSize = 0;
    const isFirst = this.#error === undefined;
    this.#error = error;
    this.#later(TRY_AGAIN_MS);
    this.#notify(this.#drainListeners.splice(0));
    this.#notify(this.#flushListeners.splice(0));
    if (isFirst) this.#observer.failed(error);
  }

  #later(delayMs: number): void {
    this.#tryAgain = this.#clock.schedule(delayMs, () => this.#attempt());
  }

  #attempt(): void {
    this.#tryAgain?.cancel();
    this.#tryAgain = undefined;
    this.#next();
  }

  #drained(): void {
    this.#notify(this.#flushListeners.splice(0));
    this.#notify(this.#drainListeners.splice(0));
  }

  #recovered(): void {
    const [gap, error] = [this.#gap, this.#error];
    this.#gap = undefined;
    this.#error = undefined;
    if (gap === undefined) return;
    this.#observer.recovered({ lines: gap.lines, durationMs: this.#clock.now() - gap.since, error });
  }

  #giveUp(lines: number, channel: LineChannel): void {
    channel.dropped += lines;
    this.missed(lines);
  }

  #notify(listeners: readonly (() => void)[]): void {
    for (const listener of listeners) listener();
  }
}

/** One source of lines of a writer. */
export class LineChannel implements LineSink {
  readonly #writer: LineWriter;
  /** Lines given up so far. */
  dropped = 0;

  constructor(writer: LineWriter) {
    this.#writer = writer;
  }

  write(lines: string): boolean {
    return this.#writer.write(lines, this);
  }

  once(_event: 'drain', listener: () => void): void {
    this.#writer.onDrain(listener);
  }

  missed(lines: number): void {
    this.#writer.missed(lines);
  }
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

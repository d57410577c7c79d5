// A file that lines are added to. When a log rotation has moved it away, the next lines go to a new one.

import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { LineSink } from '../../core/line-sink.ts';
import { gapText } from '../../core/lines/gap-text.ts';
import type { ChunkOutput, LineChannel, WriteResult } from '../../core/lines/line-writer.ts';
import { LineWriter } from '../../core/lines/line-writer.ts';
import type { Logger } from '../../core/logger.ts';

/** The lines say who called what: readable for the group of the process, and for no other user. */
const MODE = 0o640;

/** A named pipe without a reader is refused rather than waited for, and a full one does not block. */
const FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** How long the last lines may take when it is closed, in milliseconds. */
const CLOSE_WITHIN_MS = 250;

export class FileSink implements LineSink {
  readonly #file: RotatedFile;
  readonly #writer: LineWriter;
  readonly #lines: LineChannel;

  private constructor(file: RotatedFile, path: string, clock: Clock, logger: Logger) {
    this.#file = file;
    this.#writer = new LineWriter(file, clock, {
      failed: (error) =>
        logger.error(
          { file: path, err: error },
          `The access log cannot be written to ${path}: ${error.message}. Its lines are dropped and counted.`,
        ),
      recovered: (gap) =>
        logger.warn(
          { file: path, dropped: gap.lines },
          `The access log is written to ${path} again. ${gapText('access log', gap)}`,
        ),
    });
    this.#lines = this.#writer.channel();
  }

  /** @throws Error naming the file when it cannot be written */
  static async open(path: string, clock: Clock, logger: Logger): Promise<FileSink> {
    try {
      const handle = await open(path, FLAGS, MODE);
      return new FileSink(new RotatedFile(path, handle), path, clock, logger);
    } catch (error) {
      throw new Error(`the access log cannot be written to ${path}: ${messageOf(error)}`);
    }
  }

  /** Lines given up. */
  get dropped(): number {
    return this.#lines.dropped;
  }

  write(lines: string): boolean {
    return this.#lines.write(lines);
  }

  once(event: 'drain', listener: () => void): void {
    this.#lines.once(event, listener);
  }

  missed(lines: number): void {
    this.#lines.missed(lines);
  }

  /** Resolves when everything is written, or could not be in time. */
  async close(): Promise<void> {
    await this.#writer.flush(CLOSE_WITHIN_MS);
    this.#file.close();
  }
}

class RotatedFile implements ChunkOutput {
  readonly #path: string;
  #handle: FileHandle;

  constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  write(bytes: Buffer, offset: number, length: number, done: WriteResult): void {
    this.#append(bytes, offset, length).then(
      (written) => done(null, written),
      (error: NodeJS.ErrnoException) => done(error, 0),
    );
  }

  /** Not waited for: a write may be under way that never ends. */
  close(): void {
    this.#handle.close().catch(() => {});
  }

  async #append(bytes: Buffer, offset: number, length: number): Promise<number> {
    await this.#followRotation();
    const { bytesWritten } = await this.#handle.write(bytes, offset, length);
    return bytesWritten;
  }

  /** Asked for each write, of which there are some twenty a second: lines come in batches. */
  async #followRotation(): Promise<void> {
    const [there, ours] = await Promise.all([stat(this.#path).catch(() => undefined), this.#handle.stat()]);
    if (there?.ino === ours.ino && there.dev === ours.dev) return;
    const next = await open(this.#path, FLAGS, MODE);
    await this.#handle.close();
    this.#handle = next;
  }
}

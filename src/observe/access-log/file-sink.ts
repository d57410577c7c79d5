// A file that lines are added to. Whoever rotates logs moves it away, and the next lines go to a new one.

import type { FileHandle } from 'node:fs/promises';
import { open, stat } from 'node:fs/promises';
import { messageOf } from '../../core/errors.ts';
import type { LineSink } from '../../core/line-sink.ts';
import type { Logger } from '../../core/logger.ts';

/** Paths tell who called what: nobody else's business. */
const MODE = 0o640;

export class FileSink implements LineSink {
  readonly #path: string;
  readonly #logger: Logger;
  #handle: FileHandle;
  #writing: Promise<void> = Promise.resolve();
  #busy = 0;
  #onDrain: (() => void)[] = [];
  #lost = 0;
  #failing = false;

  private constructor(path: string, handle: FileHandle, logger: Logger) {
    this.#path = path;
    this.#handle = handle;
    this.#logger = logger;
  }

  /** @throws Error naming the file when it cannot be written */
  static async open(path: string, logger: Logger): Promise<FileSink> {
    try {
      return new FileSink(path, await open(path, 'a', MODE), logger);
    } catch (error) {
      throw new Error(`the access log cannot be written to ${path}: ${messageOf(error)}`);
    }
  }

  /** Lines that could not be written. */
  get lost(): number {
    return this.#lost;
  }

  /** Asks to wait until they are written: what waits, and how much of it, is the caller's affair. */
  write(lines: string): boolean {
    this.#busy++;
    this.#writing = this.#writing.then(() => this.#append(lines));
    return false;
  }

  once(_event: 'drain', listener: () => void): void {
    this.#onDrain.push(listener);
  }

  /** Resolves when everything is written. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  async #append(lines: string): Promise<void> {
    try {
      await this.#followRotation();
      await this.#handle.appendFile(lines);
      this.#failing = false;
    } catch (error) {
      this.#lost += lines.split('\n').length - 1;
      this.#tell(error);
    }
    this.#busy--;
    if (this.#busy > 0) return;
    const listeners = this.#onDrain;
    this.#onDrain = [];
    for (const listener of listeners) listener();
  }

  /** Once for each write, of which there are at most some twenty a second. */
  async #followRotation(): Promise<void> {
    const [there, ours] = await Promise.all([stat(this.#path).catch(() => undefined), this.#handle.stat()]);
    if (there?.ino === ours.ino && there.dev === ours.dev) return;
    const next = await open(this.#path, 'a', MODE);
    await this.#handle.close();
    this.#handle = next;
  }

  /** A full disk is told once, until lines can be written again. */
  #tell(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#logger.error(
      { file: this.#path, err: error },
      `The access log cannot be written to ${this.#path}: ${messageOf(error)}. Its lines are dropped and counted.`,
    );
  }
}

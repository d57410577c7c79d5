// The snapshot on disk: written beside and renamed, so that there is always a whole one, and never at the cost of a
// request. A disk that is full or read-only costs a line in the log.

import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock, ScheduledTask } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { SavedEndpoints } from './snapshot-format.ts';
import { formatSnapshot, readSnapshot } from './snapshot-format.ts';

export interface SnapshotFileOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Changes come in bursts: they are gathered for this long, in milliseconds. */
const GATHER_MS = 1_000;

/** It names addresses and metadata of services: nobody else's business. */
const FILE_MODE = 0o600;

type Services = () => Iterable<readonly [string, SavedEndpoints]>;

export class SnapshotFile {
  readonly #options: SnapshotFileOptions;
  #pending: Services | undefined;
  #timer: ScheduledTask | undefined;
  #writing: Promise<void> = Promise.resolve();
  #lastFault: string | undefined;
  #closed = false;

  constructor(options: SnapshotFileOptions) {
    this.#options = options;
  }

  /** What an earlier run saved; empty when there is nothing to use. Never rejects. */
  async load(): Promise<ReadonlyMap<string, SavedEndpoints>> {
    const { path, clock, logger } = this.#options;
    let text: string;
    try {
      text = await readFile(path, 'utf8');
    } catch (error) {
      if (!isMissing(error))
        logger.warn({ path, error: messageOf(error) }, 'the snapshot file cannot be read');
      return new Map();
    }
    const read = readSnapshot(text, clock.wallTime());
    if (read === undefined) {
      logger.warn({ path }, 'the snapshot file is not one of ours, or damaged; going on without');
      return new Map();
    }
    if (read.leftOut > 0)
      logger.info({ path, leftOut: read.leftOut }, 'old or damaged entries of the snapshot are left out');
    return read.services;
  }

  /** Writes soon, what `services` says then. */
  save(services: Services): void {
    if (this.#closed) return;
    this.#pending = services;
    this.#timer ??= this.#options.clock.schedule(GATHER_MS, () => {
      this.#timer = undefined;
      this.#write();
    });
  }

  /** Writes what is waiting, and nothing afterwards. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    this.#write();
    await this.#writing;
  }

  #write(): void {
    const services = this.#pending;
    if (services === undefined) return;
    this.#pending = undefined;
    const text = formatSnapshot(services(), this.#options.clock.wallTime());
    // One after the other: a slow disk must not let an older state overtake a newer one.
    this.#writing = this.#writing.then(() => this.#replace(text));
  }

  async #replace(text: string): Promise<void> {
    const { path, logger } = this.#options;
    const beside = `${path}.${process.pid}.tmp`;
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(beside, text, { mode: FILE_MODE });
      await rename(beside, path);
      this.#lastFault = undefined;
    } catch (error) {
      await rm(beside, { force: true }).catch(() => {});
      const fault = messageOf(error);
      if (fault !== this.#lastFault) logger.warn({ path, error: fault }, 'the snapshot cannot be written');
      this.#lastFault = fault;
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

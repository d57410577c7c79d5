// The snapshot on disk: written beside and renamed, so that there is always a whole one, and never at the cost of a
// request. A disk that is full or read-only costs a line in the log. One process writes to one path.

import { constants } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock, ScheduledTask } from '../../core/clock.ts';
import { codeOf, messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { makeFolder } from '../../core/make-folder.ts';
import { nextTurn } from '../../core/next-turn.ts';
import type { SavedEndpoints } from './snapshot-format.ts';
import { readSnapshot, snapshotPieces, whyUnreadable } from './snapshot-format.ts';
import { SnapshotMemory } from './snapshot-memory.ts';

export interface SnapshotFileOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Changes come in bursts: they are gathered for this long, in milliseconds, which bounds how often it is written. */
const GATHER_MS = 1_000;

/** A place that could not be written is tried again after this time, in milliseconds, without a change too. */
const RETRY_MS = 30_000;

/** It holds addresses and metadata of services, which other users must not read. */
const FILE_MODE = 0o600;

/** More than the endpoints of a hundred thousand instances; a larger file is neither read nor written. */
const MAX_BYTES = 64 * 1024 ** 2;

/** So much is made in one turn of the event loop. */
const SLICE_BYTES = 64 * 1024;

/** Why the last write failed. */
export interface SnapshotFault {
  /** Milliseconds since the Unix epoch of the first such failure in a row. */
  readonly since: number;
  readonly message: string;
}

const NOT_A_FILE = 'it is not a file';

type Services = () => Iterable<readonly [string, SavedEndpoints]>;

export class SnapshotFile {
  readonly #options: SnapshotFileOptions;
  readonly #memory: SnapshotMemory;
  #services: Services | undefined;
  #dirty = false;
  #timer: ScheduledTask | undefined;
  #writing: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #retry: ScheduledTask | undefined;
  #fault: SnapshotFault | undefined;

  constructor(options: SnapshotFileOptions) {
    this.#options = options;
    this.#memory = new SnapshotMemory(options.clock);
  }

  /** Undefined while it can be written. */
  get fault(): SnapshotFault | undefined {
    return this.#fault;
  }

  /** What an earlier run saved; empty when there is nothing to use. Never rejects. */
  async load(): Promise<ReadonlyMap<string, SavedEndpoints>> {
    const { path, clock, logger } = this.#options;
    // An earlier run may have ended in the middle of a write.
    await rm(this.#beside, { force: true }).catch(() => {});
    let text: string;
    try {
      text = await readBounded(path);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') await this.#refuse(`cannot be read: ${messageOf(error)}`);
      return new Map();
    }
    const read = readSnapshot(text, clock.wallTime());
    if (read === undefined) {
      await this.#refuse(whyUnreadable(text));
      return new Map();
    }
    if (read.leftOut > 0)
      logger.info({ path, leftOut: read.leftOut }, 'old or damaged entries of the snapshot are left out');
    this.#memory.learn(read.services);
    return read.services;
  }

  /** Puts it aside, since the next write would take its place and a later release may read what this one cannot. */
  async #refuse(why: string): Promise<void> {
    const { path, logger } = this.#options;
    const aside = `${path}.refused`;
    const kept = await mayBeReplaced(path)
      .then(() => rename(path, aside))
      .then(
        () => `it is kept as ${aside}`,
        (error: unknown) => `it stays where it is: ${messageOf(error)}`,
      );
    logger.warn({ path }, `the snapshot file ${why}; going on without, and ${kept}`);
  }

  /** Writes soon, what `services` says then. A service it no longer names stays in the file until it is too old. */
  save(services: Services): void {
    if (this.#closing !== undefined) return;
    this.#services = services;
    this.#dirty = true;
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#gather();
  }

  /** Writes a last time, and nothing afterwards. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    this.#timer?.cancel();
    this.#retry?.cancel();
    await this.#writing;
    await this.#write();
  }

  #gather(): void {
    // A slow disk is waited for: neither do states queue up, nor does an older one overtake a newer one.
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    this.#timer = this.#options.clock.schedule(GATHER_MS, () => {
      this.#timer = undefined;
      this.#writing = this.#write().then(() => {
        this.#writing = undefined;
        if (this.#closing !== undefined) return;
        if (this.#dirty) this.#gather();
        else if (this.#fault !== undefined) this.#retryLater();
      });
    });
  }

  #retryLater(): void {
    this.#retry = this.#options.clock.schedule(RETRY_MS, () => {
      this.#retry = undefined;
      this.#gather();
    });
  }

  async #write(): Promise<void> {
    const { path, clock, logger } = this.#options;
    if (this.#services === undefined) return;
    this.#dirty = false;
    try {
      this.#memory.update(this.#services());
      await this.#replace(await inSlices(snapshotPieces([...this.#memory.entries()], clock.wallTime())));
      if (this.#fault !== undefined) logger.info({ path }, 'the snapshot is written again');
      this.#fault = undefined;
    } catch (error) {
      await rm(this.#beside, { force: true }).catch(() => {});
      const message = messageOf(error);
      if (message !== this.#fault?.message)
        logger.warn({ path, error: message }, `the snapshot cannot be written: ${message}`);
      this.#fault = { since: this.#fault?.since ?? clock.wallTime(), message };
    }
  }

  async #replace(content: readonly Buffer[]): Promise<void> {
    const { path } = this.#options;
    await makeFolder(dirname(path));
    await mayBeReplaced(path);
    await rm(this.#beside, { force: true });
    // Exclusively: a link that is already there is not followed, and the mode is ours.
    const file = await open(this.#beside, 'wx', FILE_MODE);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(this.#beside, path);
  }

  get #beside(): string {
    return `${this.#options.path}.tmp`;
  }
}

/**
 * The pieces, made in turns of the event loop between which requests go on.
 * @throws Error when they come to more than may be written
 */
async function inSlices(pieces: Iterable<string>): Promise<readonly Buffer[]> {
  const made: Buffer[] = [];
  let bytes = 0;
  let sliced = 0;
  for (const text of pieces) {
    const piece = Buffer.from(text);
    made.push(piece);
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw new Error(`it would be larger than ${MAX_BYTES} bytes`);
    if (bytes - sliced < SLICE_BYTES) continue;
    sliced = bytes;
    await nextTurn();
  }
  return made;
}

/**
 * Folders, pipes and devices stay what they are.
 * @throws Error when there is something that is not a file
 */
async function mayBeReplaced(path: string): Promise<void> {
  const at = await stat(path).catch(() => undefined);
  if (at !== undefined && !at.isFile()) throw new Error(NOT_A_FILE);
}

async function readBounded(path: string): Promise<string> {
  // Without blocking, since a pipe would be waited for without end.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error(NOT_A_FILE);
    if (stats.size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

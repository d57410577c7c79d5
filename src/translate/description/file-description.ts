// A description out of a file that follows it: what is whole is taken, and until then the one before stays.

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/errors.ts';
import type { FollowedDescription, ServiceDescription } from '../service-description.ts';
import { DescriptorFault } from './descriptor-fault.ts';
import { descriptorSetDescription } from './descriptor-set.ts';

/** The descriptors of everything that Google publishes have about so much. */
const MAX_FILE_BYTES = 16 * 1024 ** 2;

/** What tells that a file may have changed. */
export interface FileWatcher {
  start(): void;
  close(): void;
}

export interface FileDescriptionParts {
  readonly clock: Pick<Clock, 'wallTime'>;
  readonly watcher: (path: string, touched: () => void) => FileWatcher;
  /** The file says something else and that is in force, or cannot be used and what it said before stays so. */
  readonly changed: (path: string, fault: string | undefined) => void;
}

/**
 * Reads and describes a file once.
 * @throws DescriptorFault whose message names the file
 */
export async function describeFile(path: string): Promise<ServiceDescription> {
  return await described(path, await read(path));
}

export class FileDescription implements FollowedDescription {
  readonly origin;
  /** The file is there for the next run too. */
  readonly saved = undefined;
  readonly #path: string;
  readonly #parts: FileDescriptionParts;
  readonly #watcher: FileWatcher;
  /** Of its content, which may be large. */
  #digest: string;
  #description: ServiceDescription;
  #confirmedAtWall: number;
  #fault: string | undefined;
  #reading = false;
  #touchedMeanwhile = false;

  /** @throws DescriptorFault whose message names the file */
  static async read(path: string, parts: FileDescriptionParts): Promise<FileDescription> {
    const content = await read(path);
    return new FileDescription(path, digestOf(content), await described(path, content), parts);
  }

  private constructor(
    path: string,
    digest: string,
    description: ServiceDescription,
    parts: FileDescriptionParts,
  ) {
    this.#path = path;
    this.origin = { kind: 'file', path } as const;
    this.#digest = digest;
    this.#description = description;
    this.#parts = parts;
    this.#confirmedAtWall = parts.clock.wallTime();
    this.#watcher = parts.watcher(path, () => void this.#touched());
  }

  get current(): ServiceDescription {
    return this.#description;
  }

  get fault(): string | undefined {
    return this.#fault;
  }

  get confirmedAtWall(): number {
    return this.#confirmedAtWall;
  }

  ready(): Promise<ServiceDescription> {
    return Promise.resolve(this.#description);
  }

  watch(): void {
    this.#watcher.start();
  }

  close(): void {
    this.#watcher.close();
  }

  /** One look at a time: on a disk that hangs they must not pile up. */
  async #touched(): Promise<void> {
    if (this.#reading) {
      this.#touchedMeanwhile = true;
      return;
    }
    this.#reading = true;
    do {
      this.#touchedMeanwhile = false;
      await this.#look();
    } while (this.#touchedMeanwhile);
    this.#reading = false;
  }

  async #look(): Promise<void> {
    const { changed, clock } = this.#parts;
    try {
      const content = await read(this.#path);
      const digest = digestOf(content);
      const isSame = digest === this.#digest;
      const description = isSame ? this.#description : await described(this.#path, content);
      this.#confirmedAtWall = clock.wallTime();
      this.#digest = digest;
      this.#description = description;
      const recovered = this.#fault !== undefined;
      this.#fault = undefined;
      if (!isSame || recovered) changed(this.#path, undefined);
    } catch (error) {
      const fault = messageOf(error);
      const isNews = fault !== this.#fault;
      this.#fault = fault;
      if (isNews) changed(this.#path, fault);
    }
  }
}

async function described(path: string, content: Buffer): Promise<ServiceDescription> {
  try {
    return await descriptorSetDescription(content);
  } catch (error) {
    throw new DescriptorFault(`${path} ${messageOf(error)}`);
  }
}

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64');
}

async function read(path: string): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    // Without blocking, since a pipe would be waited for without end.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error('it is not a file');
    if (stats.size <= MAX_FILE_BYTES) return await file.readFile();
  } catch (error) {
    throw new DescriptorFault(`${path} cannot be read: ${messageOf(error)}`);
  } finally {
    await file?.close();
  }
  throw new DescriptorFault(`${path} is larger than ${MAX_FILE_BYTES / 1024 ** 2} MiB`);
}

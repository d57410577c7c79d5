// Notifies when a file may have changed, however it changes: written in place, replaced by a rename as editors do, or
// behind a symbolic link that is swapped as Kubernetes does with a ConfigMap.

import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { dirname, join, parse, resolve, sep } from 'node:path';
import type { Clock, ScheduledTask } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';

export interface FileWatchOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The file may have changed; whether it has is for the caller to see. */
  readonly touched: () => void;
}

/** One change of a file is several events: it is over when none has come for so long, in milliseconds. */
const QUIET_MS = 100;

/** Network and some container file systems notify of nothing, and a busy machine has no watch to spare. */
const LOOK_ANYWAY_MS = 10_000;

/** As in Linux: more links are a circle. */
const MAX_LINKS = 40;

export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  #quiet: ScheduledTask | undefined;
  #look: ScheduledTask | undefined;
  /** Looking for the folders has not ended: on a disk that hangs such looks must not pile up. */
  #settling = false;
  #stirredMeanwhile = false;
  #closed = false;
  #complained = false;

  constructor(options: FileWatchOptions) {
    this.#options = options;
  }

  /** Resolves when changes are watched for. */
  async start(): Promise<void> {
    await this.#watchFolders();
    if (this.#closed) return;
    this.#scheduleLook();
    // It may have changed between its first reading and now.
    this.#options.touched();
  }

  close(): void {
    this.#closed = true;
    this.#quiet?.cancel();
    this.#look?.cancel();
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** Another link may lead through other folders. */
  async #watchFolders(): Promise<void> {
    const wanted = await foldersOnTheWay(this.#options.path);
    if (this.#closed) return;
    for (const [folder, watcher] of this.#watchers) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#watchers.delete(folder);
    }
    for (const folder of wanted) if (!this.#watchers.has(folder)) this.#watchFolder(folder);
  }

  #watchFolder(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#stirred());
      watcher.on('error', (error) => this.#forget(folder, error));
      this.#watchers.set(folder, watcher);
    } catch (error) {
      this.#forget(folder, error);
    }
  }

  #forget(folder: string, error: unknown): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
    if (this.#complained) return;
    this.#complained = true;
    this.#options.logger.info(
      { folder, error: messageOf(error) },
      `${folder} cannot be watched: ${this.#options.path} is looked at every ${LOOK_ANYWAY_MS / 1000} s instead`,
    );
  }

  #stirred(): void {
    this.#quiet?.cancel();
    this.#quiet = this.#options.clock.schedule(QUIET_MS, () => void this.#settled());
  }

  async #settled(): Promise<void> {
    if (this.#settling) {
      this.#stirredMeanwhile = true;
      return;
    }
    this.#settling = true;
    await this.#watchFolders();
    this.#settling = false;
    if (this.#closed) return;
    this.#options.touched();
    if (this.#stirredMeanwhile) this.#stirred();
    this.#stirredMeanwhile = false;
  }

  #scheduleLook(): void {
    this.#look = this.#options.clock.schedule(LOOK_ANYWAY_MS, () => {
      this.#stirred();
      this.#scheduleLook();
    });
  }
}

/** The folder of every link that the path leads through, and that of the file. */
async function foldersOnTheWay(path: string): Promise<ReadonlySet<string>> {
  const folders = new Set<string>();
  let target = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    const link = await firstLink(target);
    if (link === undefined) break;
    folders.add(dirname(link.at));
    target = resolve(dirname(link.at), link.leadsTo, link.rest);
  }
  folders.add(dirname(target));
  return folders;
}

/** The first part of the path that is a symbolic link. */
async function firstLink(path: string) {
  const { root } = parse(path);
  const parts = path.slice(root.length).split(sep);
  let at = root;
  for (const [index, part] of parts.entries()) {
    at = join(at, part);
    const found = await lstat(at).catch(() => undefined);
    if (found === undefined) return undefined;
    if (found.isSymbolicLink()) {
      return { at, leadsTo: await readlink(at).catch(() => ''), rest: parts.slice(index + 1).join(sep) };
    }
  }
  return undefined;
}

// Notifies when a file may have changed, however it changes: written in place, replaced by a rename as editors do, or
// behind a symbolic link that is swapped as Kubernetes does with a ConfigMap.

import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import type { Clock, ScheduledTask } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { WatchedPlace } from './file-places.ts';
import { placesOf } from './file-places.ts';

export interface FileWatchOptions {
  /** Of a file, or `FOLDER/*` for whatever lies in the folder. */
  readonly path: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The file may have changed; whether it has is for the caller to see. */
  readonly touched: () => void;
}

/** One change of a file is several events: it is over when none has come for so long, in milliseconds. */
const QUIET_MS = 100;

/** A file that never comes to rest is looked at all the same, so long after the first event, in milliseconds. */
const RESTLESS_MS = 1_000;

/** Network and some container file systems notify of nothing, and a busy machine has no watch to spare. */
const LOOK_ANYWAY_MS = 10_000;

interface Watched {
  readonly watcher: FSWatcher;
  place: WatchedPlace;
}

export class FileWatch {
  readonly #options: FileWatchOptions;
  /** By folder. */
  readonly #watched = new Map<string, Watched>();
  #quiet: ScheduledTask | undefined;
  #stirredAt: number | undefined;
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
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  /** Another link may lead through other folders, and a folder may be another one of the same name. */
  async #watchFolders(): Promise<void> {
    const places = await placesOf(this.#options.path);
    if (this.#closed) return;
    for (const [folder, watched] of this.#watched) {
      const place = places.get(folder);
      if (place?.identity === watched.place.identity) {
        watched.place = place;
      } else {
        watched.watcher.close();
        this.#watched.delete(folder);
      }
    }
    for (const [folder, place] of places) {
      if (!this.#watched.has(folder)) this.#watchFolder(folder, place);
    }
  }

  #watchFolder(folder: string, place: WatchedPlace): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        // Others in the folder may change all the time, as the file of a log does.
        if (name === null || (this.#watched.get(folder)?.place ?? place).concerns(name)) this.#stirred();
      });
      watcher.on('error', (error) => this.#forget(folder, error));
      this.#watched.set(folder, { watcher, place });
    } catch (error) {
      this.#forget(folder, error);
    }
  }

  #forget(folder: string, error: unknown): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
    if (this.#complained) return;
    this.#complained = true;
    this.#options.logger.info(
      { folder, error: messageOf(error) },
      `${folder} cannot be watched: ${this.#options.path} is looked at every ${LOOK_ANYWAY_MS / 1000} s instead`,
    );
  }

  #stirred(): void {
    const { clock } = this.#options;
    this.#stirredAt ??= clock.now();
    const restlessMs = clock.now() - this.#stirredAt;
    this.#quiet?.cancel();
    const waitMs = Math.max(0, Math.min(QUIET_MS, RESTLESS_MS - restlessMs));
    this.#quiet = clock.schedule(waitMs, () => void this.#settled());
  }

  async #settled(): Promise<void> {
    this.#stirredAt = undefined;
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

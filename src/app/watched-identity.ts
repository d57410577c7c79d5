// An identity out of files that follows them: what is complete and sound is taken, and until then the one before stays.

import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { IdentitySource, TlsIdentity } from '../net/tls/identity.ts';
import type { IdentityFiles } from '../net/tls/identity-files.ts';
import { readIdentity } from '../net/tls/identity-files.ts';
import { CertificateEnd } from './certificate-end.ts';
import { FileWatch } from './file-watch.ts';

export interface WatchedIdentityParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

export class WatchedIdentity implements IdentitySource {
  readonly #files: IdentityFiles;
  readonly #parts: WatchedIdentityParts;
  readonly #watches: readonly FileWatch[];
  readonly #listeners = new Set<() => void>();
  #identity: TlsIdentity;
  #end: CertificateEnd | undefined;
  #fault = '';
  #reading = false;
  #touchedMeanwhile = false;

  /** @throws IdentityFault */
  static async read(files: IdentityFiles, parts: WatchedIdentityParts): Promise<WatchedIdentity> {
    return new WatchedIdentity(files, await readIdentity(files), parts);
  }

  private constructor(files: IdentityFiles, identity: TlsIdentity, parts: WatchedIdentityParts) {
    this.#files = files;
    this.#identity = identity;
    this.#parts = parts;
    this.#watches = pathsOf(files).map(
      (path) => new FileWatch({ path, ...parts, touched: () => void this.#touched() }),
    );
    this.#watchEnd();
  }

  watch(): void {
    for (const watch of this.#watches) void watch.start();
  }

  close(): void {
    this.#end?.close();
    for (const watch of this.#watches) watch.close();
    this.#listeners.clear();
  }

  current(): TlsIdentity {
    return this.#identity;
  }

  subscribe(changed: () => void): () => void {
    this.#listeners.add(changed);
    return () => this.#listeners.delete(changed);
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
    const { logger } = this.#parts;
    let next: TlsIdentity;
    try {
      next = await readIdentity(this.#files);
    } catch (error) {
      // A certificate and its key are seldom written at once: what does not fit yet may fit at the next look.
      const fault = messageOf(error);
      if (fault !== this.#fault) logger.warn({ error: fault }, `${fault}; what was read before stays in use`);
      this.#fault = fault;
      return;
    }
    this.#fault = '';
    if (isDeepStrictEqual(next, this.#identity)) return;
    this.#identity = next;
    const files = pathsOf(this.#files);
    logger.info({ files }, `${files.join(', ')}: new connections use what was read now`);
    this.#watchEnd();
    for (const changed of this.#listeners) changed();
  }

  #watchEnd(): void {
    this.#end?.close();
    const { validFrom, expiresAt } = this.#identity;
    const { certFile } = this.#files;
    this.#end =
      validFrom === undefined || expiresAt === undefined || certFile === undefined
        ? undefined
        : new CertificateEnd({ file: certFile, validFrom, expiresAt }, this.#parts);
  }
}

function pathsOf({ caFile, caPath, certFile, keyFile }: IdentityFiles): readonly string[] {
  // Of a path its folder is watched: here any in the folder will do.
  const inFolder = caPath === undefined ? undefined : join(caPath, '*');
  return [...new Set([caFile, inFolder, certFile, keyFile])].filter((path) => path !== undefined);
}

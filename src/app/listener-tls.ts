// TLS at our own addresses, as the configuration describes it. What it takes is loaded when a configuration first asks for
// it.

import { isDeepStrictEqual } from 'node:util';
import type { Config, ListenTlsConfig } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import { loadModule } from '../core/load-module.ts';
import type { Logger } from '../core/logger.ts';
import type { TlsTermination } from '../listener/listener.ts';
import { FileProblem } from './file-problem.ts';

export interface ListenerTlsParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Ready {
  readonly setting: ListenTlsConfig;
  readonly termination: TlsTermination;
  close(): void;
}

export class ListenerTls {
  readonly #parts: ListenerTlsParts;
  #inForce: Ready | undefined;

  constructor(parts: ListenerTlsParts) {
    this.#parts = parts;
  }

  /** What clients are met with; undefined: in the clear. */
  get termination(): TlsTermination | undefined {
    return this.#inForce?.termination;
  }

  /**
   * Reads what this configuration names. Nothing has changed until it is committed.
   * @throws FileProblem
   */
  async prepare({ listenTls }: Config): Promise<{ commit(): void; abort(): void }> {
    if (isDeepStrictEqual(listenTls, this.#inForce?.setting)) return { commit: () => {}, abort: () => {} };
    const ready = listenTls === undefined ? undefined : await this.#read(listenTls);
    return {
      commit: () => {
        this.#inForce?.close();
        this.#inForce = ready;
      },
      abort: () => ready?.close(),
    };
  }

  close(): void {
    this.#inForce?.close();
  }

  async #read(setting: ListenTlsConfig): Promise<Ready> {
    const { NodeTlsTermination } = loadModule<typeof import('../listener/tls-termination.ts')>(
      '../listener/tls-termination.ts',
      import.meta.url,
    );
    const { WatchedIdentity } = loadModule<typeof import('./watched-identity.ts')>(
      './watched-identity.ts',
      import.meta.url,
    );
    const { certFile, keyFile, clientCaFile, minVersion } = setting;
    const identity = await WatchedIdentity.read(
      { certFile, keyFile, caFile: clientCaFile },
      this.#parts,
    ).catch((error) => {
      const file = error instanceof Error && 'file' in error ? String(error.file) : 'certFile';
      throw new FileProblem(['listenTls', file === 'caFile' ? 'clientCaFile' : file], error);
    });
    const { FailedHandshakes } = loadModule<typeof import('./failed-handshakes.ts')>(
      './failed-handshakes.ts',
      import.meta.url,
    );
    const handshakes = new FailedHandshakes(this.#parts);
    const termination = new NodeTlsTermination(identity.current(), {
      minVersion,
      failed: (failure) => handshakes.failed(failure),
    });
    identity.subscribe(() => termination.renew(identity.current()));
    identity.watch();
    return { setting, termination, close: () => identity.close() };
  }
}

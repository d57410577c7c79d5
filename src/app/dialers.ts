// How endpoints are connected to. Nothing of TLS is loaded until a configuration asks for it.

import type { Path } from '../config/raw.ts';
import type { Config, TlsConfig } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import { loadModule } from '../core/load-module.ts';
import type { Logger } from '../core/logger.ts';
import type { MeshUse } from '../discovery/registry.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';
import type { Dialer } from '../net/dial.ts';
import { TcpDialer } from '../net/dial.ts';
import type { ConnectSetup, EndpointTls } from './endpoint-tls.ts';
import { FileProblem, raiseProblem } from './file-problem.ts';

export interface DialersParts {
  readonly connect: ConnectSetup;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Which ones a name may lead to. */
  readonly addresses: CallableAddresses;
  /** A certificate or an authority is another one: connections are to be made anew. */
  readonly rotated: () => void;
}

export function connectSetup(
  { consul: { namespace, partition }, register }: Config,
  watching: ConnectSetup['watching'],
): ConnectSetup {
  return { watching, namespace, partition, as: register?.name };
}

export function meshUse(tls: TlsConfig | undefined): MeshUse {
  return tls === undefined || tls.mode === 'files' ? 'plain' : tls.mode;
}

export class Dialers {
  readonly #parts: DialersParts;
  readonly #plain: TcpDialer;
  #tls: EndpointTls | undefined;

  constructor(parts: DialersParts) {
    this.#parts = parts;
    this.#plain = new TcpDialer(parts.addresses);
  }

  /**
   * Makes ready what this configuration needs beside what is in use.
   * @param refuse called with each file that cannot be used. Default: throws
   * @throws FileProblem
   */
  async prepare(config: Config, refuse: (problem: FileProblem) => void = raiseProblem): Promise<void> {
    const settings = tlsSettings(config);
    if (settings.length === 0) return;
    const { EndpointTls } = loadModule<typeof import('./endpoint-tls.ts')>(
      './endpoint-tls.ts',
      import.meta.url,
    );
    this.#tls ??= new EndpointTls({ ...this.#parts, plain: this.#plain });
    for (const { path, tls } of settings) {
      await this.#tls.admit(tls).catch((error) => {
        const file = error instanceof Error && 'file' in error ? [String(error.file)] : [];
        refuse(new FileProblem([...path, ...file], error));
      });
    }
  }

  /** This configuration is in force: what it does not need goes. */
  retain(config: Config): void {
    this.#tls?.retain(tlsSettings(config).map(({ tls }) => tls));
  }

  /** @param setting undefined: in the clear */
  dialerFor(setting: TlsConfig | undefined): Dialer {
    if (setting === undefined) return this.#plain;
    if (this.#tls === undefined) throw new Error('TLS is not prepared.');
    return this.#tls.dialerFor(setting);
  }

  close(): void {
    this.#tls?.close();
  }
}

export interface TlsSetting {
  /** Where it stands in the configuration. */
  readonly path: Path;
  readonly tls: TlsConfig;
}

/** Those of services say what `defaults` says where they say nothing. */
export function tlsSettings({ defaultPolicy, services }: Config): readonly TlsSetting[] {
  const all: readonly { readonly path: Path; readonly tls: TlsConfig | undefined }[] = [
    { path: ['defaults', 'tls'], tls: defaultPolicy.tls },
    ...[...services.values()].map(({ name, policy }) => ({
      path: ['services', name, 'tls'],
      tls: policy.tls,
    })),
  ];
  return all.flatMap(({ path, tls }) => (tls === undefined ? [] : [{ path, tls }]));
}

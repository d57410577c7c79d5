// The listeners of the configuration, opened together or not at all.

import type { Config } from '../config/types.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { HttpListenerOptions } from '../listener/http-listener.ts';
import { HttpListener } from '../listener/http-listener.ts';
import { formatAddress, isLoopback } from '../listener/listener.ts';
import type { ListenAddress } from '../schema/listen-address.ts';

type Common = Omit<HttpListenerOptions, 'address' | 'service'>;

/** The system knows no IPv6, or not on this interface. */
const NO_SUCH_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

export class Listeners {
  readonly #wanted: readonly { readonly address: ListenAddress; readonly service: string | undefined }[];
  readonly #common: Common;
  readonly #logger: Logger;
  #open: HttpListener[] = [];

  constructor(config: Config, common: Common, logger: Logger) {
    this.#wanted = [
      ...config.listen.map((address) => ({ address, service: undefined })),
      ...[...config.services.values()].flatMap(({ name, listen }) =>
        listen.map((address) => ({ address, service: name })),
      ),
    ];
    this.#common = common;
    this.#logger = logger;
  }

  /**
   * Opens them all.
   * @returns the addresses bound, the first one first
   * @throws Error naming the address that cannot be had; then none is open
   */
  async open(): Promise<ListenAddress[]> {
    const bound: ListenAddress[] = [];
    for (const { address, service } of this.#wanted) {
      const listener = new HttpListener({ ...this.#common, address, service });
      try {
        const at = await listener.listen();
        this.#open.push(listener);
        bound.push(at);
        this.#tell(at, service);
      } catch (error) {
        if (bound.length > 0 && isMissingLoopback(address, error)) {
          this.#logger.info(
            { address: formatAddress(address) },
            'there is no IPv6 loopback here; going on without',
          );
          continue;
        }
        this.close();
        this.destroy();
        throw new Error(`cannot listen on ${formatAddress(address)}: ${messageOf(error)}`);
      }
    }
    return bound;
  }

  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  /** Takes no new connections. */
  close(): void {
    for (const listener of this.#open) listener.close();
  }

  /** Ends every connection. */
  destroy(): void {
    for (const listener of this.#open) listener.destroy();
    this.#open = [];
  }

  #tell(address: ListenAddress, service: string | undefined): void {
    const fields = { address: formatAddress(address), ...(service === undefined ? {} : { service }) };
    this.#logger.info(
      fields,
      `listening on ${fields.address}${service === undefined ? '' : ` for ${service}`}`,
    );
    if (isLoopback(address)) return;
    this.#logger.warn(
      fields,
      `${fields.address} is not loopback: everyone who reaches it can call every service as this application`,
    );
  }
}

function isMissingLoopback(address: ListenAddress, error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return address.kind === 'tcp' && address.host === '::1' && NO_SUCH_ADDRESS.has(code);
}

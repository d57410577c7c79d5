// The listeners of the configuration: opened together or not at all, and changed by difference.

import type { Config } from '../config/types.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { HttpListenerOptions } from '../listener/http-listener.ts';
import { HttpListener } from '../listener/http-listener.ts';
import { formatAddress, isLoopback } from '../listener/listener.ts';
import type { ListenAddress } from '../net/listen-address.ts';

type Common = Omit<HttpListenerOptions, 'address' | 'service'>;

interface Wanted {
  readonly address: ListenAddress;
  /** Undefined where the request names it. */
  readonly service: string | undefined;
  /** The key of the configuration that asks for it. */
  readonly key: string;
}

interface Open extends Wanted {
  readonly listener: HttpListener;
  /** What was bound: with the real port where 0 was asked for. */
  readonly at: ListenAddress;
}

/** An address at which applications call. */
export interface OpenDoor {
  /** `HOST:PORT` or `unix:PATH`. */
  readonly address: string;
  /** The only service behind it; null where each request names its own. */
  readonly service: string | null;
}

/** New listeners that stand beside the old ones until it is decided. */
export interface ListenerChange {
  /** The addresses bound anew. */
  readonly bound: readonly ListenAddress[];
  /** Puts them in force: the ones that are not wanted any more take no new connections. */
  commit(): void;
  /** Closes them again. */
  abort(): void;
}

/** An address cannot be had. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
  /** The key of the configuration that asks for it. */
  readonly key: string;

  constructor({ address, key }: Wanted, cause: unknown) {
    super(`cannot listen on ${formatAddress(address)}: ${messageOf(cause)}`, { cause });
    this.key = key;
  }
}

/** A client that connected or called this recently does not give way: its next request may be on its way. In milliseconds. */
const SPARE_MS = 1_000;

/** The system knows no IPv6, or not on this interface. */
const NO_SUCH_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

export class Listeners {
  readonly #common: Common;
  readonly #logger: Logger;
  readonly #closing = new Set<HttpListener>();
  #open: readonly Open[] = [];
  #ports: ReadonlySet<number> = new Set();

  constructor(common: Common, logger: Logger) {
    this.#common = common;
    this.#logger = logger;
  }

  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  /** The TCP ports that are bound for applications. */
  get ports(): ReadonlySet<number> {
    return this.#ports;
  }

  get doors(): readonly OpenDoor[] {
    return this.#open.map(({ at, service }) => ({ address: formatAddress(at), service: service ?? null }));
  }

  /**
   * Opens what the configuration wants and is not open yet. An address that stays keeps its connections, also when
   * another service is behind it from now on.
   * @throws CannotListen; then nothing has changed
   */
  async prepare(config: Config): Promise<ListenerChange> {
    const spare = [...this.#open];
    const wanted = wantedBy(config);
    const kept = new Map<Wanted, Open>();
    for (const mayDiffer of [false, true]) {
      for (const want of wanted) {
        if (kept.has(want)) continue;
        const index = spare.findIndex(
          (open) => fits(open, want) && (mayDiffer || open.service === want.service),
        );
        const [open] = index === -1 ? [] : spare.splice(index, 1);
        if (open !== undefined) kept.set(want, open);
      }
    }
    const opened = await this.#openAll(
      wanted.filter((want) => !kept.has(want)),
      kept.size > 0,
    );
    return {
      bound: opened.map(({ at }) => at),
      commit: () => {
        const next = [...[...kept].map(([want, open]) => ({ ...open, ...want })), ...opened];
        for (const { listener, service } of next) listener.serve(service);
        for (const { at, service } of opened) this.#tell(at, service);
        this.#open = next;
        this.#ports = new Set(next.flatMap(({ at }) => (at.kind === 'tcp' ? [at.port] : [])));
        for (const open of spare) this.#retire(open);
      },
      abort: () => opened.forEach(discard),
    };
  }

  /** Connections of callers that are open. */
  get connections(): number {
    let count = 0;
    for (const listener of this.#all()) count += listener.connections;
    return count;
  }

  /** Ends the connections that have carried nothing for a while. @returns how many */
  closeIdle(): number {
    let closed = 0;
    for (const listener of this.#all()) closed += listener.closeIdle(SPARE_MS);
    return closed;
  }

  /** From now on every response ends its connection. */
  drain(): void {
    for (const listener of this.#all()) listener.drain();
  }

  /** Takes no new connections. */
  close(): void {
    for (const { listener } of this.#open) void listener.close();
  }

  /** Ends every connection. */
  destroy(): void {
    for (const listener of this.#all()) listener.destroy();
    this.#open = [];
  }

  #all(): readonly HttpListener[] {
    return [...this.#open.map(({ listener }) => listener), ...this.#closing];
  }

  async #openAll(wanted: readonly Wanted[], others: boolean): Promise<Open[]> {
    const opened: Open[] = [];
    for (const want of wanted) {
      const listener = new HttpListener({ ...this.#common, address: want.address, service: want.service });
      try {
        opened.push({ ...want, listener, at: await listener.listen() });
      } catch (error) {
        if ((others || opened.length > 0) && isMissingLoopback(want.address, error)) {
          this.#logger.info(
            { address: formatAddress(want.address) },
            'there is no IPv6 loopback here; going on without',
          );
          continue;
        }
        opened.forEach(discard);
        throw new CannotListen(want, error);
      }
    }
    return opened;
  }

  #retire({ address, listener }: Open): void {
    this.#logger.info(
      { address: formatAddress(address) },
      `no longer listening on ${formatAddress(address)}`,
    );
    this.#closing.add(listener);
    void listener.close().finally(() => this.#closing.delete(listener));
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

function wantedBy(config: Config): readonly Wanted[] {
  return [
    ...config.listen.map((address) => ({ address, service: undefined, key: 'listen' })),
    ...[...config.services.values()].flatMap(({ name, listen }) =>
      listen.map((address) => ({ address, service: name, key: `services.${name}.listen` })),
    ),
  ];
}

function fits(open: Open, { address }: Wanted): boolean {
  return formatAddress(open.address) === formatAddress(address);
}

function discard({ listener }: Open): void {
  void listener.close();
  listener.destroy();
}

function isMissingLoopback(address: ListenAddress, error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return address.kind === 'tcp' && address.host === '::1' && NO_SUCH_ADDRESS.has(code);
}

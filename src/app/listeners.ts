// The listeners of the configuration: opened together or not at all, and changed by difference.

import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/types.ts';
import { codeOf, messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { CannotListen } from '../listener/cannot-listen.ts';
import type { Listener } from '../listener/listener.ts';
import { formatAddress, isLoopback } from '../listener/listener.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import { applyPermissions } from '../net/socket-permissions.ts';

/** What a listener serves: requests, or connections byte for byte. */
export type ListenerKind = 'http' | 'tcp';

/** Makes a listener, which does not listen yet; `service` is undefined where the request names it. */
export type ListenerMakers = {
  readonly http: (address: ListenAddress, service: string | undefined) => Listener;
  readonly tcp: (address: ListenAddress, service: string) => Promise<Listener>;
};

interface Wanted {
  readonly address: ListenAddress;
  /** Undefined where the request names it. */
  readonly service: string | undefined;
  readonly kind: ListenerKind;
  /** The key of the configuration that asks for it. */
  readonly key: string;
  /** Who can call there, and what, where it is not loopback. */
  readonly opensTo: string;
}

interface Open extends Wanted {
  readonly listener: Listener;
  /** What was bound: with the real port where 0 was asked for. */
  readonly at: ListenAddress;
}

/** An address at which applications call. */
export interface OpenDoor {
  /** `HOST:PORT` or `unix:PATH`. */
  readonly address: string;
  /** The only service behind it; null where each request names its own. */
  readonly service: string | null;
  readonly protocol: ListenerKind;
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

/** A client that connected or called this recently does not give way: its next request may be on its way. In milliseconds. */
const SPARE_MS = 1_000;

/** The system knows no IPv6, or not on this interface. */
const NO_SUCH_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

export class Listeners {
  readonly #makers: ListenerMakers;
  readonly #logger: Logger;
  readonly #closing = new Set<Listener>();
  readonly #changed: () => void;
  #open: readonly Open[] = [];
  #ports: ReadonlySet<number> = new Set();

  /** @param changed is notified when other addresses are bound than before */
  constructor(makers: ListenerMakers, logger: Logger, changed: () => void = () => {}) {
    this.#makers = makers;
    this.#logger = logger;
    this.#changed = changed;
  }

  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  /** The TCP ports that are bound for applications. */
  get ports(): ReadonlySet<number> {
    return this.#ports;
  }

  /** Where they listen, with the real ports where 0 was asked for. */
  get bound(): readonly ListenAddress[] {
    return this.#open.map(({ at }) => at);
  }

  get doors(): readonly OpenDoor[] {
    return this.#open.map(({ at, service, kind }) => ({
      address: formatAddress(at),
      service: service ?? null,
      protocol: kind,
    }));
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
    const missing = wanted.filter((want) => !kept.has(want));
    // The system gives an address to one at a time: where HTTP and TCP change places, one goes before the other comes.
    const handedOver = missing.filter((want) => spare.some((open) => sameAddress(open, want)));
    // Before anything is bound: one that cannot be made leaves nothing behind.
    const successors = await Promise.all(
      handedOver.map(async (want) => ({ ...want, listener: await this.#make(want), at: want.address })),
    );
    const opened = await this.#openAll(
      missing.filter((want) => !handedOver.includes(want)),
      kept.size > 0,
    );
    return {
      bound: opened.map(({ at }) => at),
      commit: () => {
        const next = [...[...kept].map(([want, open]) => ({ ...open, ...want })), ...opened];
        for (const { listener, service } of next) listener.serve(service);
        for (const open of opened) this.#tell(open.at, open);
        for (const [want, open] of kept) this.#allow(want, open);
        this.#open = [...next, ...successors];
        this.#ports = new Set(this.#open.flatMap(({ at }) => (at.kind === 'tcp' ? [at.port] : [])));
        for (const open of spare) this.#retire(open);
        this.#changed();
        for (const successor of successors) void this.#succeed(successor);
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

  #all(): readonly Listener[] {
    return [...this.#open.map(({ listener }) => listener), ...this.#closing];
  }

  async #openAll(wanted: readonly Wanted[], others: boolean): Promise<Open[]> {
    const opened: Open[] = [];
    for (const want of wanted) {
      try {
        const listener = await this.#make(want);
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
        throw await CannotListen.because(want.key, want.address, error);
      }
    }
    return opened;
  }

  async #make({ kind, address, service }: Wanted): Promise<Listener> {
    return kind === 'tcp' && service !== undefined
      ? await this.#makers.tcp(address, service)
      : this.#makers.http(address, service);
  }

  /** An address that stays may be opened by others from now on. */
  #allow({ address }: Wanted, { address: before }: Open): void {
    if (address.kind !== 'unix' || address.permissions === undefined) return;
    if (isDeepStrictEqual(address, before)) return;
    applyPermissions(address.path, address.permissions).catch((error: unknown) => {
      this.#logger.error(
        { address: formatAddress(address) },
        `${formatAddress(address)}: ${messageOf(error)}`,
      );
    });
  }

  /** Takes over the address of a listener that has just given it up. */
  async #succeed(successor: Open): Promise<void> {
    try {
      this.#tell(await successor.listener.listen(), successor);
    } catch (error) {
      this.#open = this.#open.filter((open) => open !== successor);
      const { message, key } = await CannotListen.because(successor.key, successor.address, error);
      this.#logger.error({ address: formatAddress(successor.address), key }, message);
    }
  }

  #retire({ address, listener }: Open): void {
    this.#logger.info(
      { address: formatAddress(address) },
      `no longer listening on ${formatAddress(address)}`,
    );
    this.#closing.add(listener);
    void listener.close().finally(() => this.#closing.delete(listener));
  }

  #tell(address: ListenAddress, { service, opensTo }: Wanted): void {
    const fields = { address: formatAddress(address), ...(service === undefined ? {} : { service }) };
    this.#logger.info(
      fields,
      `listening on ${fields.address}${service === undefined ? '' : ` for ${service}`}`,
    );
    if (isLoopback(address)) return;
    this.#logger.warn(fields, `${fields.address} is not loopback: ${opensTo} as this application`);
  }
}

function wantedBy(config: Config): readonly Wanted[] {
  const verified = config.listenTls?.clientCaFile !== undefined;
  const wanted = (address: ListenAddress, kind: ListenerKind, service: string | undefined): Wanted => ({
    address,
    service,
    kind,
    key: service === undefined ? 'listen' : `services.${service}.listen`,
    // TLS is not for `protocol: tcp`.
    opensTo: `${verified && kind === 'http' ? CERTIFIED : EVERYONE} can call ${service ?? 'every service'}`,
  });
  return [
    ...config.listen.map((address) => wanted(address, 'http', undefined)),
    ...[...config.services.values()].flatMap(({ name, listen, protocol }) =>
      listen.map((address) => wanted(address, protocol === 'tcp' ? 'tcp' : 'http', name)),
    ),
  ];
}

const EVERYONE = 'everyone who reaches it';
const CERTIFIED = 'everyone with a certificate of an authority in listenTls.clientCaFile';

function fits(open: Open, want: Wanted): boolean {
  return open.kind === want.kind && formatAddress(open.address) === formatAddress(want.address);
}

/** Whether both cannot be open at once; each has an address of its own where the system chooses. */
function sameAddress(open: Open, { address }: Wanted): boolean {
  if (address.kind === 'tcp' && address.port === 0) return false;
  return formatAddress(open.address) === formatAddress(address);
}

function discard({ listener }: Open): void {
  void listener.close();
  listener.destroy();
}

function isMissingLoopback(address: ListenAddress, error: unknown): boolean {
  return address.kind === 'tcp' && address.host === '::1' && NO_SUCH_ADDRESS.has(codeOf(error));
}

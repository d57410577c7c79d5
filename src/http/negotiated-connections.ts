// Connections to one endpoint in the version of HTTP that it chooses by ALPN: the first one says it, and the others are
// like it. With none open it is asked anew, since another version may have been deployed. Source: RFC 7301, RFC 9113 §3.2.

import type { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import type { Connected, Dialer, DialTarget, Reader } from '../net/dial.ts';
import { DialTimeout } from '../net/handshake.ts';
import type {
  Attempt,
  AttemptObserver,
  AttemptRequest,
  EndpointConnections,
  TransportFailure,
} from './attempt.ts';
import { LateConnections } from './late-connections.ts';
import { toTransportFailure } from './transport-failure.ts';
import type { TransportOptions } from './transport-options.ts';

type Version = 'h2' | 'http/1.1';

export interface NegotiatedParts {
  readonly dialer: Dialer;
  readonly target: DialTarget;
  readonly clock: Clock;
  readonly options: TransportOptions;
  /** As `Transport.connect`. */
  readonly unreached?: ((failure: TransportFailure) => void) | undefined;
}

/** What is offered, the preferred one first. */
const ALPN: readonly Version[] = ['h2', 'http/1.1'];

const NOT_STARTED = { started: false, responding: false, singleWrite: true };

export class NegotiatedConnections implements EndpointConnections {
  readonly #parts: NegotiatedParts;
  readonly #connect: (version: Version, dialer: Dialer) => EndpointConnections;
  readonly #dialer: HandingDialer;
  #version: Version | undefined;
  #known: EndpointConnections | undefined;
  /** What waits for the choice. */
  #late: LateConnections | undefined;
  /** For what HTTP/2 has no word for, where that was chosen. */
  #upgrades: EndpointConnections | undefined;
  #closing = false;

  /** @param connect makes the connections of a version, which are to use the dialer */
  constructor(parts: NegotiatedParts, connect: (version: Version, dialer: Dialer) => EndpointConnections) {
    this.#parts = parts;
    this.#connect = connect;
    this.#dialer = new HandingDialer(parts.dialer);
  }

  get open(): number {
    return (this.#known?.open ?? 0) + (this.#upgrades?.open ?? 0) + (this.#late === undefined ? 0 : 1);
  }

  send(request: AttemptRequest, observer: AttemptObserver): Attempt {
    if (request.upgrade !== undefined) {
      this.#upgrades ??= this.#connect('http/1.1', this.#parts.dialer);
      return this.#upgrades.send(request, observer);
    }
    const known = this.#known;
    if (known !== undefined && (known.open > 0 || this.#closing)) return known.send(request, observer);
    return this.#negotiate(request, observer);
  }

  close(): void {
    this.#closing = true;
    this.#known?.close();
    this.#upgrades?.close();
    // What waits for the choice was sent before: it goes over connections of its own, and they close after it.
    if (this.#late !== undefined) this.#known = undefined;
  }

  #negotiate(request: AttemptRequest, observer: AttemptObserver): Attempt {
    if (this.#late !== undefined) return this.#late.send(request, observer);
    const late = new LateConnections();
    this.#late = late;
    const attempt = late.send(request, observer);
    this.#dial(late);
    return attempt;
  }

  #dial(late: LateConnections): void {
    const { clock, dialer, target, options } = this.#parts;
    const { connectTimeoutMs } = options;
    const reader = new HandedReader();
    let chosen = false;
    let error: Error | undefined;
    const socket = dialer.dial(
      target,
      reader,
      (connected) => {
        chosen = true;
        timeout.cancel();
        this.#late = undefined;
        this.#dialer.offer({ socket, reader, connected });
        const connections = this.#of(connected.protocol === 'h2' ? 'h2' : 'http/1.1');
        late.arrived(connections);
        if (this.#closing) connections.close();
        this.#dialer.withdraw();
      },
      ALPN,
    );
    socket.on('error', (fault) => {
      error ??= fault;
    });
    socket.on('close', () => {
      if (chosen) return;
      timeout.cancel();
      this.#late = undefined;
      const failure = toTransportFailure(error ?? new Error('the connection was closed'), NOT_STARTED);
      if (late.isAwaited) late.failed(failure);
      else if (!this.#closing) this.#parts.unreached?.(failure);
    });
    const timeout = clock.schedule(connectTimeoutMs, () => socket.destroy(new DialTimeout(connectTimeoutMs)));
  }

  #of(version: Version): EndpointConnections {
    if (this.#known !== undefined && this.#version === version) return this.#known;
    this.#known?.close();
    this.#version = version;
    this.#known = this.#connect(version, this.#dialer);
    return this.#known;
  }
}

interface Handed {
  readonly socket: Socket;
  readonly reader: HandedReader;
  readonly connected: Connected;
}

/** Gives one connection that stands to who dials next. */
class HandingDialer implements Dialer {
  readonly #dialer: Dialer;
  #offered: Handed | undefined;

  constructor(dialer: Dialer) {
    this.#dialer = dialer;
  }

  offer(handed: Handed): void {
    this.#offered = handed;
  }

  /** Closes connections that were not taken. */
  withdraw(): void {
    this.#offered?.socket.destroy();
    this.#offered = undefined;
  }

  dial(
    target: DialTarget,
    reader: Reader,
    onConnected: (connected: Connected) => void,
    alpn?: readonly string[],
  ): Socket {
    const offered = this.#offered;
    if (offered === undefined) return this.#dialer.dial(target, reader, onConnected, alpn);
    this.#offered = undefined;
    offered.reader.taker = reader;
    // As with any other, it is not connected before this has returned; and nothing is read in between.
    queueMicrotask(() => onConnected(offered.connected));
    return offered.socket;
  }

  isSecure(target: DialTarget): boolean {
    return this.#dialer.isSecure(target);
  }

  negotiates(target: DialTarget): boolean {
    return this.#dialer.negotiates(target);
  }

  equals(other: Dialer): boolean {
    return other instanceof HandingDialer && other.#dialer.equals(this.#dialer);
  }
}

const FIRST_READ_BYTES = 16 * 1024;

/** Reads for who takes the connection. Where the first read goes is asked before anyone has. */
class HandedReader implements Reader {
  taker: Reader | undefined;
  #own: Buffer | undefined;

  buffer(): Buffer {
    this.#own = this.taker === undefined ? Buffer.allocUnsafe(FIRST_READ_BYTES) : undefined;
    return this.#own ?? this.taker?.buffer() ?? Buffer.alloc(0);
  }

  read(length: number): void {
    if (this.taker === undefined) return;
    this.#own?.copy(this.taker.buffer(), 0, 0, length);
    this.taker.read(length);
  }
}

// Carries the bytes of one client to its endpoint and back: half-closes and resets are passed on, neither side is sent
// more than it takes, and a connection over which nothing moves is ended.

import type { Clock, ScheduledTask } from '../core/clock.ts';
import { timeInWords } from '../core/in-words.ts';
import type { Reason } from '../core/reasons.ts';
import type { TransportFailure } from '../http/attempt.ts';
import { StallWatch } from '../http/stall-watch.ts';
import { toTransportFailure } from '../http/transport-failure.ts';
import type { ConnectionStream } from '../net/connection-stream.ts';
import { handshakeFailureOf } from '../net/handshake.ts';
import { OPENING_BYTES, readAfresh } from '../net/read-garbage.ts';
import { resetConnection } from '../net/reset.ts';
import { recycle } from '../net/slabs.ts';
import { SocketProgress } from '../net/socket-progress.ts';
import type { TcpConnection } from '../service/tcp-connect.ts';
import type { StreamSink } from '../upstream/endpoint-stream.ts';

/** Bytes by direction, for people and metrics. */
export interface ByteCounts {
  /** From clients. */
  received: number;
  /** To clients. */
  sent: number;
}

export interface TcpRelayOptions {
  readonly clock: Clock;
  /** How long no byte may move in either direction, in milliseconds; 0 for ever. */
  readonly idleMs: number;
  /** Of the whole service. */
  readonly total: ByteCounts;
  /** Called once, when both sides are closed. */
  readonly onClosed: (end: RelayEnd) => void;
}

/** Why it ended; without a reason both sides ended in order. */
export interface RelayEnd {
  readonly reason: Reason | undefined;
  readonly detail: string | undefined;
}

/**
 * An endpoint that ends a connection within this time, before it has sent a byte and before its client has ended, is
 * held to have failed. In milliseconds.
 */
export const EARLY_MS = 5_000;

/** How long a client may take to read the last words of an endpoint that takes no more, in milliseconds. */
const LAST_WORDS_MS = 1_000;

export class TcpRelay implements StreamSink {
  readonly bytes: ByteCounts = { received: 0, sent: 0 };
  readonly #client: ConnectionStream;
  readonly #connection: TcpConnection;
  readonly #options: TcpRelayOptions;
  readonly #idle: StallWatch | undefined;
  readonly #early: ScheduledTask;
  #lastWords: ScheduledTask | undefined;
  #end: RelayEnd = { reason: undefined, detail: undefined };
  /** What the endpoint is to be blamed for. */
  #failure: TransportFailure | undefined;
  #clientClosed = false;
  #endpointClosed = false;
  #over = false;

  constructor(client: ConnectionStream, connection: TcpConnection, options: TcpRelayOptions) {
    this.#client = client;
    this.#connection = connection;
    this.#options = options;
    const { clock, idleMs } = options;
    readAfresh(OPENING_BYTES);
    const connections = [new SocketProgress(client), connection.stream.progress];
    this.#idle =
      idleMs === 0
        ? undefined
        : new StallWatch({
            clock,
            idleMs,
            connections: () => connections,
            onStalled: () => this.cut('idle_timeout', `nothing moved for ${timeInWords(idleMs)}`),
          });
    this.#early = clock.schedule(EARLY_MS, () => connection.proved());
  }

  start(): void {
    const client = this.#client;
    const { stream } = this.#connection;
    client.on('end', () => stream.end());
    client.on('error', (error) =>
      this.#blame('client_gone', `the client's connection broke: ${error.message}`),
    );
    client.on('close', () => this.#closedByClient());
    this.#connection.onClosed((error) => this.#closedByEndpoint(error));
    stream.deliver(this);
    client.on('data', (chunk: Buffer) => {
      readAfresh(chunk.length);
      this.bytes.received += chunk.length;
      this.#options.total.received += chunk.length;
      this.#pass(chunk);
    });
    if (client.destroyed) this.#closedByClient();
    else client.resume();
  }

  data(chunk: Buffer, consumed: () => void): void {
    this.#connection.proved();
    readAfresh(chunk.length);
    this.bytes.sent += chunk.length;
    this.#options.total.sent += chunk.length;
    const client = this.#client;
    if (client.destroyed) {
      consumed();
      return;
    }
    const { stream } = this.#connection;
    client.write(chunk, () => {
      consumed();
      if (client.writableLength === 0) stream.resume();
    });
    if (client.writableLength > 0) stream.pause();
  }

  end(): void {
    this.#blameEarlyEnd('closed');
    this.#client.end();
  }

  /** Ends both sides now, and not as if that were the end of what they had to say. */
  cut(reason: Reason, detail: string): void {
    this.#blame(reason, detail);
    resetConnection(this.#client);
    this.#connection.stream.reset();
    this.#finish();
  }

  /** To the endpoint. */
  #pass(chunk: Buffer): void {
    // What comes after the endpoint has gone has nowhere to go.
    if (this.#endpointClosed) {
      recycle(chunk);
      return;
    }
    const client = this.#client;
    const { stream } = this.#connection;
    stream.write(chunk, () => {
      recycle(chunk);
      if (!stream.progress.writing && client.isPaused()) client.resume();
    });
    if (stream.progress.writing) client.pause();
  }

  #closedByClient(): void {
    if (this.#clientClosed) return;
    this.#clientClosed = true;
    const { readableEnded, writableFinished } = this.#client;
    if (!this.#endpointClosed && !(readableEnded && writableFinished)) {
      this.#blame('client_gone', 'the client closed its connection');
      this.#connection.stream.reset();
    }
    if (this.#endpointClosed) this.#finish();
  }

  #closedByEndpoint(error: Error | undefined): void {
    this.#endpointClosed = true;
    if (this.#over) return;
    const refused = refusedLate(error);
    if (refused !== undefined) this.#hold(refused);
    // Who has said all leaves nothing to lose: PostgreSQL resets a connection whose client left with an alert of TLS.
    if (error !== undefined && !this.#clientClosed && !this.#client.readableEnded) {
      this.#blameEarlyEnd('reset');
      this.#hold({ reason: 'upstream_reset', neverSent: false, detail: error.message });
    }
    if (this.#clientClosed) {
      this.#finish();
    } else if (error !== undefined && !this.#connection.stream.ended) {
      resetConnection(this.#client);
    } else {
      // Its last bytes are on their way to the client, which may still send what is discarded.
      this.#client.end();
      this.#client.resume();
      this.#lastWords = this.#options.clock.schedule(LAST_WORDS_MS, () => resetConnection(this.#client));
    }
  }

  #blameEarlyEnd(how: 'closed' | 'reset'): void {
    const { ageMs, stream } = this.#connection;
    if (stream.received > 0 || ageMs >= EARLY_MS || this.#client.readableEnded || this.#client.destroyed)
      return;
    const detail = `the endpoint ${how} the connection after ${timeInWords(ageMs)}, without a byte`;
    this.#hold({ reason: 'upstream_reset', neverSent: false, detail });
  }

  /** It is the endpoint's. */
  #hold(failure: TransportFailure): void {
    if (this.#end.reason === undefined && !this.#over) this.#failure = failure;
    this.#blame(failure.reason, failure.detail);
  }

  /** The first cause is the cause. */
  #blame(reason: Reason, detail: string): void {
    if (this.#end.reason === undefined && !this.#over) this.#end = { reason, detail };
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#idle?.stop();
    this.#early.cancel();
    this.#lastWords?.cancel();
    const failure = this.#failure;
    this.#connection.ended(failure);
    // What is said of the endpoint stands beside its address there.
    const authority = `${this.#connection.facts.authority}: `;
    this.#options.onClosed(
      failure === undefined ? this.#end : { reason: failure.reason, detail: `${authority}${failure.detail}` },
    );
  }
}

/** An endpoint judges our certificate when for us the connection stands already. */
function refusedLate(error: Error | undefined): TransportFailure | undefined {
  return handshakeFailureOf(error) === undefined ? undefined : toTransportFailure(error, NOTHING_SENT);
}

const NOTHING_SENT = { started: true, responding: false, singleWrite: false };

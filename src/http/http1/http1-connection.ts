// One connection to an endpoint, and the request that it carries at the moment.

import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { RawHeaders } from '../attempt.ts';
import type { AttemptProgress } from '../transport-failure.ts';
import { toTransportFailure } from '../transport-failure.ts';
import type { AttemptHolder, Http1Attempt } from './http1-attempt.ts';
import { brokenRequest } from './http1-attempt.ts';
import { RequestBodyWriter } from './request-body-writer.ts';
import type { ParsedHead } from './response-head.ts';
import { ProtocolFault } from './response-head.ts';
import type { ResponseListener } from './response-parser.ts';
import { ResponseParser } from './response-parser.ts';

/** Who owns the connection, and hears what becomes of it. */
export interface ConnectionOwner {
  /** It stands. */
  connected(connection: Http1Connection): void;
  /** Its exchange is over, and it can carry another. */
  released(connection: Http1Connection): void;
  /** It is closed; `error` when it never stood. Called once, last. */
  closed(connection: Http1Connection, error: Error | undefined): void;
}

export interface Http1ConnectionOptions {
  readonly address: string;
  readonly port: number;
  readonly maxHeaderBytes: number;
  /** How long it may stay unused, in milliseconds, unless the endpoint says another time. */
  readonly keepAliveMs: number;
}

/** Where reads arrive, of all connections in turn: each is consumed before the next begins. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** Bodies up to this size leave in one write with their head: joining costs less than a second segment. */
const JOINED_BODY_BYTES = 16 * 1024;

/** An endpoint that closes idle connections after some time may be about to: we close so much earlier. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/** Probes by TCP find a dead peer of a long silent answer. */
const TCP_KEEP_ALIVE_MS = 60_000;

export class Http1Connection implements AttemptHolder, ResponseListener {
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #parser: ResponseParser;
  /** When its owner put it aside, by the monotonic clock. */
  idleSince = 0;
  #attempt: Http1Attempt | undefined;
  #writer: RequestBodyWriter | undefined;
  #oneWrite = true;
  #responding = false;
  #persistent = true;
  #connected = false;
  #paused = false;
  /** The exchange is over, but what was read with its end has not been looked at yet. */
  #ended = false;
  #error: Error | undefined;
  #idleForMs: number;

  constructor(options: Http1ConnectionOptions, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#idleForMs = options.keepAliveMs;
    this.#parser = new ResponseParser(this, options.maxHeaderBytes);
    this.#socket = connect({
      host: options.address,
      port: options.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      onread: { buffer: READ_BUFFER, callback: (length) => this.#read(length) },
    });
    this.#socket.on('connect', () => {
      this.#connected = true;
      owner.connected(this);
    });
    this.#socket.on('end', () => this.#closedByEndpoint());
    this.#socket.on('error', (error) => {
      this.#error = error;
    });
    this.#socket.on('close', () => this.#closed());
  }

  /** Whether a request can be given to it. */
  get usable(): boolean {
    return this.#connected && this.#attempt === undefined && !this.#socket.destroyed;
  }

  /** How long it may stay unused from now on, in milliseconds. */
  get idleForMs(): number {
    return this.#idleForMs;
  }

  carry(attempt: Http1Attempt): void {
    this.#attempt = attempt;
    this.#responding = false;
    attempt.heldBy(this);
    this.#parser.expect(attempt.method);
    attempt.leave();
    this.#write(attempt);
  }

  /** Closes it at once; what it carries fails with this. */
  destroy(error?: Error): void {
    this.#socket.destroy(error);
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket.resume();
  }

  drop(): void {
    this.#attempt = undefined;
    this.#stopWriting();
    this.#socket.destroy();
  }

  interim(head: ParsedHead): void {
    this.#responding = true;
    if (head.status !== 100) this.#attempt?.tellInterim(head);
  }

  head(head: ParsedHead): void {
    this.#responding = true;
    this.#persistent = head.persistent;
    if (head.keepAliveMs !== undefined) this.#idleForMs = head.keepAliveMs - KEEP_ALIVE_MARGIN_MS;
    this.#attempt?.tellHead(head);
  }

  data(chunk: Buffer): void {
    this.#attempt?.tellData(chunk);
  }

  end(trailers: RawHeaders): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    this.#ended = true;
    attempt?.tellEnd(trailers);
  }

  #write({ head, body, length }: Http1Attempt): void {
    const socket = this.#socket;
    this.#oneWrite = true;
    if (body === null) {
      socket.write(head, 'latin1');
    } else if (!Buffer.isBuffer(body)) {
      this.#oneWrite = false;
      socket.write(head, 'latin1');
      this.#writer = new RequestBodyWriter({
        body,
        socket,
        length,
        onWritten: () => {
          this.#writer = undefined;
        },
        onBroken: (detail) => {
          this.#writer = undefined;
          this.#attempt?.cancel(brokenRequest(detail));
        },
      });
      this.#writer.start();
    } else if (body.length <= JOINED_BODY_BYTES) {
      socket.write(head + body.toString('latin1'), 'latin1');
    } else {
      this.#oneWrite = false;
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body);
      socket.uncork();
    }
  }

  #stopWriting(): void {
    this.#writer?.stop();
    this.#writer = undefined;
  }

  #read(length: number): boolean {
    if (this.#socket.destroyed) return true;
    try {
      this.#parser.read(READ_BUFFER, length);
      if (this.#ended) this.#release();
    } catch (error) {
      // Anything else is a fault of ours, which must not pass for one of the endpoint's unnoticed.
      if (!(error instanceof ProtocolFault)) {
        this.#socket.destroy();
        throw error;
      }
      this.#socket.destroy(error);
    }
    return true;
  }

  #release(): void {
    this.#ended = false;
    const wholeRequestLeft = this.#writer === undefined && this.#socket.writableLength === 0;
    if (wholeRequestLeft && this.#persistent && this.#idleForMs > 0 && !this.#socket.destroyed) {
      this.resume();
      this.#owner.released(this);
      return;
    }
    // An answer that came early ends what is left of its request.
    this.#stopWriting();
    this.#socket.destroy();
  }

  #closedByEndpoint(): void {
    if (this.#attempt !== undefined && !this.#parser.close()) {
      this.#error = new Error(
        this.#responding
          ? 'the endpoint closed the connection in the middle of its answer'
          : 'the endpoint closed the connection without an answer',
      );
    }
    this.#socket.destroy();
  }

  #closed(): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    this.#stopWriting();
    const error = this.#error;
    if (attempt !== undefined) {
      const progress: AttemptProgress = {
        started: true,
        responding: this.#responding,
        singleWrite: this.#oneWrite,
      };
      attempt.fail(
        error instanceof ProtocolFault
          ? { reason: 'upstream_protocol_error', neverSent: false, detail: error.message }
          : toTransportFailure(error ?? new Error('the connection was closed'), progress),
      );
    }
    this.#owner.closed(this, this.#connected ? undefined : (error ?? new Error('the connection was closed')));
  }
}

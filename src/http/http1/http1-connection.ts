// One connection to an endpoint, and the request that it carries at the moment.

import type { Socket } from 'node:net';
import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type { Connected, Dialer, DialTarget, Reader } from '../../net/dial.ts';
import { surviveFailedWrites } from '../../net/failed-writes.ts';
import { handshakeFailureOf } from '../../net/handshake.ts';
import { readAfresh } from '../../net/read-garbage.ts';
import { copyToSlab, ReadSlab, SLAB_BYTES } from '../../net/slabs.ts';
import { SocketProgress } from '../../net/socket-progress.ts';
import type { TransportFailure } from '../attempt.ts';
import type { Fields } from '../message.ts';
import { doubtOf } from '../silent-end.ts';
import type { AttemptProgress } from '../transport-failure.ts';
import { toTransportFailure } from '../transport-failure.ts';
import { JOINED_BYTES } from './body-writer.ts';
import { ProtocolFault } from './grammar.ts';
import type { AttemptHolder, Http1Attempt } from './http1-attempt.ts';
import { RequestBodyWriter } from './request-body-writer.ts';
import type { ParsedHead } from './response-head.ts';
import type { ResponseListener } from './response-parser.ts';
import { ResponseParser } from './response-parser.ts';
import { SwitchedStream } from './switched-stream.ts';

/** Who owns the connection, and is notified of what becomes of it. */
export interface ConnectionOwner {
  /** It stands. */
  connected(connection: Http1Connection): void;
  /** Its exchange is over, and it can carry another. */
  released(connection: Http1Connection): void;
  /** It is closed; `error` when it never stood. Called once, last. */
  closed(connection: Http1Connection, error: Error | undefined): void;
  /** A fault of our own has ended it. */
  fault(error: unknown): void;
}

export interface Http1ConnectionOptions {
  readonly dialer: Dialer;
  readonly target: DialTarget;
  readonly clock: Clock;
  readonly maxHeaderBytes: number;
  /** How long it may stay unused, in milliseconds, unless the endpoint says another time. */
  readonly keepAliveMs: number;
}

/** Where reads arrive, of all connections in turn: each is consumed before the next begins. */
const SHARED_READ_BUFFER = Buffer.allocUnsafeSlow(SLAB_BYTES);

/** A read of more than this says that a connection carries bulk: then it reads into memory of its own. */
const BULK_READ_BYTES = SLAB_BYTES / 2;

/** An endpoint that closes idle connections after some time may be about to: we close so much earlier. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/** What is offered where connections are encrypted. Source: IANA, "TLS Application-Layer Protocol Negotiation Protocol IDs". */
const ALPN: readonly string[] = ['http/1.1'];

/** How long a response may take to be read whose endpoint takes no more of the request, in milliseconds. */
const EARLY_RESPONSE_MS = 1_000;

export class Http1Connection implements AttemptHolder, ResponseListener, Reader {
  readonly progress: SocketProgress;
  /** When its owner put it aside, by the monotonic clock. */
  idleSince = 0;
  readonly #owner: ConnectionOwner;
  readonly #clock: Clock;
  readonly #socket: Socket;
  readonly #parser: ResponseParser;
  #slab: ReadSlab | undefined;
  #attempt: Http1Attempt | undefined;
  #writer: RequestBodyWriter | undefined;
  #stream: SwitchedStream | undefined;
  #oneWrite = true;
  #responding = false;
  #persistent = true;
  #connected: Connected | undefined;
  /** Something has come over it. */
  #heard = false;
  #paused = false;
  /** The exchange is over, but what was read with its end has not been looked at yet. */
  #ended = false;
  #error: Error | undefined;
  #patience: ScheduledTask | undefined;
  #idleForMs: number;

  constructor(options: Http1ConnectionOptions, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#clock = options.clock;
    this.#idleForMs = options.keepAliveMs;
    this.#parser = new ResponseParser(this, options.maxHeaderBytes);
    const connected = (how: Connected): void => {
      this.#connected = how;
      owner.connected(this);
    };
    this.#socket = options.dialer.dial(options.target, this, connected, ALPN);
    this.progress = new SocketProgress(this.#socket);
    surviveFailedWrites(this.#socket, (error) => this.#writeFailed(error));
    this.#socket.on('drain', () => this.#guard(() => this.#writer?.drained()));
    this.#socket.on('end', () => this.#guard(() => this.#closedByEndpoint()));
    this.#socket.on('error', (error) => {
      // Why the endpoint refused us says more than the write that failed by it.
      if (handshakeFailureOf(error) !== undefined) this.#error = error;
      this.#error ??= error;
    });
    this.#socket.on('close', () => this.#guard(() => this.#closed()));
  }

  /** Whether a request can be given to it. */
  get usable(): boolean {
    return this.#connected !== undefined && this.#attempt === undefined && !this.#socket.destroyed;
  }

  /** How long it may stay unused from now on, in milliseconds. */
  get idleForMs(): number {
    return this.#idleForMs;
  }

  carry(attempt: Http1Attempt): void {
    this.#attempt = attempt;
    this.#responding = false;
    attempt.heldBy(this);
    this.#parser.expect(attempt);
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

  buffer(): Buffer {
    if (this.#stream !== undefined) return this.#stream.buffer();
    this.#slab?.renew();
    return this.#slab?.bytes ?? SHARED_READ_BUFFER;
  }

  read(length: number): void {
    if (this.#socket.destroyed) return;
    this.#heard = true;
    if (this.#stream !== undefined) {
      this.#stream.arrived(length);
      return;
    }
    const bytes = this.#slab?.bytes ?? SHARED_READ_BUFFER;
    this.#guard(() => {
      try {
        this.#parser.read(bytes, length);
      } catch (error) {
        if (!(error instanceof ProtocolFault)) throw error;
        this.#socket.destroy(error);
        return;
      }
      if (this.#ended) this.#release();
      else if (length >= BULK_READ_BYTES && this.#attempt !== undefined) this.#slab ??= new ReadSlab();
    });
  }

  interim(head: ParsedHead): void {
    this.#responding = true;
    this.#attempt?.interim(head);
  }

  head(head: ParsedHead): void {
    this.#responding = true;
    this.#persistent = head.persistent;
    if (head.keepAliveMs !== undefined) this.#idleForMs = head.keepAliveMs - KEEP_ALIVE_MARGIN_MS;
    this.#attempt?.responseHead(head);
  }

  bodyPart(source: Buffer, from: number, to: number): void {
    const attempt = this.#attempt;
    if (attempt === undefined) return;
    const length = to - from;
    if (length > JOINED_BYTES && source === this.#slab?.bytes) {
      attempt.responseData(this.#slab.lend(from, to));
    } else if (length > JOINED_BYTES && length <= SLAB_BYTES) {
      attempt.responseData(copyToSlab(source, from, to));
    } else {
      readAfresh(length);
      attempt.responseData(Buffer.from(source.subarray(from, to)));
    }
  }

  bodyEnd(trailers: Fields): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    this.#ended = true;
    attempt?.responseEnd(trailers);
  }

  switched(head: ParsedHead, rest: Buffer): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    const stream = new SwitchedStream(this.#socket);
    this.#stream = stream;
    this.#socket.pause();
    if (rest.length > 0) stream.received(Buffer.from(rest));
    attempt?.switchedTo(head, stream, this.progress);
  }

  #write({ head, body, upgrade }: Http1Attempt): void {
    const socket = this.#socket;
    this.#oneWrite = body === undefined || (body.whole !== undefined && body.whole.length <= JOINED_BYTES);
    if (body === undefined) {
      socket.write(head, 'latin1');
      if (!upgrade) this.#attempt?.left();
    } else if (body.whole === undefined) {
      socket.write(head, 'latin1');
      this.#writer = new RequestBodyWriter({
        body,
        socket,
        onTaken: () => this.#taken(),
        onBroken: (fault) => this.#attempt?.brokenRequest(fault),
      });
      this.#writer.start();
    } else if (this.#oneWrite) {
      socket.write(head + body.whole.toString('latin1'), 'latin1');
      this.#attempt?.left();
    } else {
      socket.cork();
      socket.write(head, 'latin1');
      socket.write(body.whole, () => this.#taken());
      socket.uncork();
    }
  }

  #taken(): void {
    this.#guard(() => this.#attempt?.left());
  }

  #stopWriting(): void {
    this.#writer?.stop();
    this.#writer = undefined;
  }

  /** The endpoint takes no more. It may have responded before it closed, and that is worth more than the failure. */
  #writeFailed(error: Error): void {
    this.#error ??= error;
    this.#persistent = false;
    this.#stopWriting();
    if (this.#oneWrite || this.#attempt === undefined) {
      this.#socket.destroy();
      return;
    }
    this.#patience ??= this.#clock.schedule(EARLY_RESPONSE_MS, () => {
      if (!this.#responding) this.#socket.destroy();
    });
  }

  #release(): void {
    this.#ended = false;
    this.#patience?.cancel();
    this.#slab?.close();
    this.#slab = undefined;
    const writer = this.#writer;
    this.#writer = undefined;
    const wholeRequestLeft = writer?.over !== false && this.#socket.writableLength === 0;
    if (wholeRequestLeft && this.#persistent && this.#idleForMs > 0 && !this.#socket.destroyed) {
      this.resume();
      this.#owner.released(this);
      return;
    }
    // A response that came early ends what is left of its request.
    writer?.stop();
    this.#socket.destroy();
  }

  #closedByEndpoint(): void {
    if (this.#stream !== undefined) {
      this.#stream.receivedEnd();
      return;
    }
    if (this.#attempt !== undefined && !this.#parser.close()) {
      this.#error ??= new Error(
        this.#responding
          ? 'the endpoint closed the connection in the middle of its response'
          : 'the endpoint closed the connection without a response',
      );
    }
    this.#socket.destroy();
  }

  #closed(): void {
    const attempt = this.#attempt;
    this.#attempt = undefined;
    this.#patience?.cancel();
    this.#stopWriting();
    this.#slab?.close();
    this.#slab = undefined;
    this.#stream?.destroy();
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
          : this.#withDoubt(toTransportFailure(error ?? new Error('the connection was closed'), progress)),
      );
    }
    this.#owner.closed(
      this,
      this.#connected !== undefined ? undefined : (error ?? new Error('the connection was closed')),
    );
  }

  #withDoubt(failure: TransportFailure): TransportFailure {
    if (failure.reason !== 'upstream_reset' || this.#heard || this.#connected === undefined) return failure;
    const doubt = doubtOf('HTTP', this.#connected);
    return { ...failure, detail: `${failure.detail} (it has sent nothing so far: ${doubt})` };
  }

  /** A fault of our own ends this connection, and nothing else; it must not pass for one of the endpoint's. */
  #guard(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#socket.destroy();
      this.#owner.fault(error);
    }
  }
}

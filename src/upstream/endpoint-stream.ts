// A connection to an endpoint that carries bytes and nothing else: no request, no message.

import type { Socket } from 'node:net';
import type { Dialer, DialTarget, Reader } from '../net/dial.ts';
import { surviveFailedWrites } from '../net/failed-writes.ts';
import { readAfresh } from '../net/read-garbage.ts';
import { resetConnection } from '../net/reset.ts';
import { ReadSlab, recycle, SLAB_BYTES } from '../net/slabs.ts';
import { SocketProgress } from '../net/socket-progress.ts';

/** Where what comes from the endpoint goes. */
export interface StreamSink {
  /** Its memory is used again once `consumed` has been called. */
  data(chunk: Buffer, consumed: () => void): void;
  /** The endpoint sends no more; it may still read. */
  end(): void;
  /** More can be written, after a write that returned false. */
  drained(): void;
}

/** Who opened it. */
export interface StreamOwner {
  connected(): void;
  /** Once, last. `error` when it did not end in order. */
  closed(error: Error | undefined): void;
}

/** Where reads arrive, of all streams in turn: small ones are copied out before the next begins. */
const SHARED_READ_BUFFER = Buffer.allocUnsafeSlow(SLAB_BYTES);

/** A read of more than this says that a stream carries bulk: then it reads into memory of its own. */
const BULK_READ_BYTES = SLAB_BYTES / 2;

const NOTHING = (): void => {};

export class EndpointStream implements Reader {
  readonly progress: SocketProgress;
  /** Bytes that came from the endpoint. */
  received = 0;
  readonly #socket: Socket;
  #slab: ReadSlab | undefined;
  #sink: StreamSink | undefined;
  /** What came before there was a sink. */
  #early: Buffer[] = [];
  #ended = false;
  #paused = false;
  #connected = false;
  #error: Error | undefined;
  #failedWrite: Error | undefined;

  constructor(dialer: Dialer, target: DialTarget, owner: StreamOwner) {
    this.#socket = dialer.dial(target, this, () => {
      this.#connected = true;
      owner.connected();
    });
    this.progress = new SocketProgress(this.#socket);
    // What it said before it stopped to listen is still to be read.
    surviveFailedWrites(this.#socket, (error) => {
      this.#failedWrite ??= error;
      if (this.#ended) this.#socket.destroy(error);
    });
    this.#socket.on('drain', () => this.#sink?.drained());
    this.#socket.on('end', () => {
      this.#ended = true;
      this.#sink?.end();
      if (this.#failedWrite !== undefined) this.#socket.destroy(this.#failedWrite);
    });
    this.#socket.on('error', (error) => {
      this.#error ??= error;
    });
    this.#socket.on('close', () => {
      this.#slab?.close();
      owner.closed(this.#error);
    });
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Whether the endpoint has said that it sends no more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** From now on what comes goes there; what has come already goes there before this returns. */
  deliver(sink: StreamSink): void {
    this.#sink = sink;
    const early = this.#early;
    this.#early = [];
    for (const chunk of early) sink.data(chunk, NOTHING);
    if (this.#ended) sink.end();
    else if (early.length > 0) this.resume();
  }

  /** @returns false when it is time to wait for `drained` */
  write(chunk: Buffer): boolean {
    return this.#socket.write(chunk);
  }

  /** Nothing more will be written; the endpoint may still send. */
  end(): void {
    this.#socket.end();
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

  /** @param error passed to the owner as the cause */
  destroy(error?: Error): void {
    this.#socket.destroy(error);
  }

  reset(): void {
    resetConnection(this.#socket);
  }

  buffer(): Buffer {
    this.#slab?.renew();
    return this.#slab?.bytes ?? SHARED_READ_BUFFER;
  }

  read(length: number): void {
    if (this.#socket.destroyed) return;
    this.received += length;
    const slab = this.#slab;
    if (this.#sink === undefined) {
      this.#early.push(Buffer.from((slab?.bytes ?? SHARED_READ_BUFFER).subarray(0, length)));
      this.pause();
    } else if (slab === undefined) {
      readAfresh(length);
      this.#sink.data(Buffer.from(SHARED_READ_BUFFER.subarray(0, length)), NOTHING);
    } else {
      const chunk = slab.lend(0, length);
      this.#sink.data(chunk, () => recycle(chunk));
    }
    if (length >= BULK_READ_BYTES) this.#slab ??= new ReadSlab();
  }
}

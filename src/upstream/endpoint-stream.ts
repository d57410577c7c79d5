// A connection to an endpoint that carries bytes and nothing else: no request, no message.

import type { Socket } from 'node:net';
import type { Dialer, DialTarget, Reader } from '../net/dial.ts';
import { surviveFailedWrites } from '../net/failed-writes.ts';
import { resetConnection } from '../net/reset.ts';
import { TCP_READS } from '../net/shared-reads.ts';
import { recycle } from '../net/slabs.ts';
import { SocketProgress } from '../net/socket-progress.ts';

/** Where what comes from the endpoint goes. */
export interface StreamSink {
  /** Its memory is used again once `consumed` has been called. */
  data(chunk: Buffer, consumed: () => void): void;
  /** The endpoint sends no more; it may still read. */
  end(): void;
}

/** Who opened it. */
export interface StreamOwner {
  connected(): void;
  /** Once, last. `error` when it did not end in order. */
  closed(error: Error | undefined): void;
}

export class EndpointStream implements Reader {
  readonly progress: SocketProgress;
  /** Bytes that came from the endpoint. */
  received = 0;
  readonly #socket: Socket;
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
    TCP_READS.join();
    this.progress = new SocketProgress(this.#socket);
    // What it said before it stopped to listen is still to be read.
    surviveFailedWrites(this.#socket, (error) => {
      this.#failedWrite ??= error;
      if (this.#ended) this.#socket.destroy(error);
    });
    this.#socket.on('end', () => {
      this.#ended = true;
      this.#sink?.end();
      if (this.#failedWrite !== undefined) this.#socket.destroy(this.#failedWrite);
    });
    this.#socket.on('error', (error) => {
      this.#error ??= error;
    });
    this.#socket.on('close', () => {
      TCP_READS.leave();
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
    for (const chunk of early) sink.data(chunk, () => recycle(chunk));
    if (this.#ended) sink.end();
    else if (early.length > 0) this.resume();
  }

  /** @param consumed its memory is not read any more */
  write(chunk: Buffer, consumed: () => void): void {
    this.#socket.write(chunk, consumed);
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
    return TCP_READS.buffer();
  }

  read(length: number): void {
    if (this.#socket.destroyed) return;
    this.received += length;
    const chunk = TCP_READS.take(length);
    if (this.#sink === undefined) {
      this.#early.push(chunk);
      this.pause();
    } else {
      this.#sink.data(chunk, () => recycle(chunk));
    }
  }
}

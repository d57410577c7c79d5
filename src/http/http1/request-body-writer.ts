// The content of a request on its way out while it still arrives: in chunks or counted, never faster than the socket.

import type { Socket } from 'node:net';
import type { Body, BodySink, StreamFault } from '../body.ts';
import type { Fields } from '../message.ts';
import { lastChunk, writeChunk, writeCounted } from './body-writer.ts';

export interface RequestBodyWriterOptions {
  readonly body: Body;
  readonly socket: Socket;
  /** The last byte has been handed to the kernel. */
  readonly onTaken: () => void;
  /** It will never be whole. */
  readonly onBroken: (fault: StreamFault) => void;
}

export class RequestBodyWriter implements BodySink {
  readonly #options: RequestBodyWriterOptions;
  #over = false;

  constructor(options: RequestBodyWriterOptions) {
    this.#options = options;
  }

  /** Whether all of it has been written. */
  get over(): boolean {
    return this.#over;
  }

  start(): void {
    this.#options.body.deliver(this);
  }

  /** The socket takes more. */
  drained(): void {
    if (!this.#over) this.#options.body.resume();
  }

  /** Takes nothing more from the body: what is left of it has nowhere to go. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.body.abandon();
  }

  data(chunk: Buffer): boolean {
    const { body, socket } = this.#options;
    // A chunk of no bytes would end the body.
    if (this.#over || chunk.length === 0) return true;
    if (body.length === undefined) writeChunk(socket, '', chunk);
    else writeCounted(socket, '', chunk);
    return !socket.writableNeedDrain;
  }

  end(trailers: Fields): void {
    const { body, socket, onTaken } = this.#options;
    if (this.#over) return;
    this.#over = true;
    // An empty write is done when those before it are.
    socket.write(body.length === undefined ? lastChunk(trailers) : '', 'latin1', onTaken);
  }

  broken(fault: StreamFault): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.onBroken(fault);
  }
}

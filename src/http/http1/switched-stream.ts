// A connection to an endpoint after its protocol was switched, as a stream.

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { SWITCHED_READS } from '../../net/shared-reads.ts';

export class SwitchedStream extends Duplex {
  readonly #socket: Socket;

  /** @param socket whose reads are pushed here from now on; paused until they are wanted */
  constructor(socket: Socket) {
    // Its end is passed on when it comes, in each direction by itself. Nothing is read ahead of who takes it.
    super({ allowHalfOpen: true, readableHighWaterMark: 0 });
    this.#socket = socket;
    SWITCHED_READS.join();
  }

  /** Where the next read of the socket goes. */
  buffer(): Buffer {
    return SWITCHED_READS.buffer();
  }

  /** So many bytes were read into the buffer given last. Who takes them recycles them. */
  arrived(length: number): void {
    this.received(SWITCHED_READS.take(length));
  }

  /** What the endpoint sent. @param bytes its own from now on */
  received(bytes: Buffer): void {
    if (!this.push(bytes)) this.#socket.pause();
  }

  /** The endpoint has closed its side. */
  receivedEnd(): void {
    this.push(null);
  }

  /** At once, and not only when there is one read too many. */
  override pause(): this {
    this.#socket.pause();
    return super.pause();
  }

  /** A read that was asked for before the pause is not asked for again. */
  override resume(): this {
    this.#socket.resume();
    return super.resume();
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    let done = false;
    this.#socket.write(chunk, encoding, (error) => {
      if (!done) callback(error);
    });
    // What the kernel has taken over already need not be waited for.
    if (this.#socket.writableLength > 0 || this.#socket.destroyed) return;
    done = true;
    callback();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    SWITCHED_READS.leave();
    this.#socket.destroy();
    callback(error);
  }
}

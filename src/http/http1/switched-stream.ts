// A connection to an endpoint after its protocol was switched, as a stream.

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { copyToSlab } from '../../net/slabs.ts';

/** One read is held for as long as the client takes no more. */
const READ_BYTES = 8 * 1024;

/** Where reads arrive, of all streams in turn. Node.js settles where a socket's next read goes when the one before is over. */
const SHARED_READ_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES);

export class SwitchedStream extends Duplex {
  readonly #socket: Socket;

  /** @param socket whose reads are pushed here from now on; paused until they are wanted */
  constructor(socket: Socket) {
    // Its end is passed on when it comes, in each direction by itself. One read at most waits here.
    super({ allowHalfOpen: true, readableHighWaterMark: 1 });
    this.#socket = socket;
  }

  /** Where the next read of the socket goes. */
  buffer(): Buffer {
    return SHARED_READ_BUFFER;
  }

  /** So many bytes were read into the buffer given last. Who takes them recycles them. */
  arrived(length: number): void {
    this.received(copyToSlab(SHARED_READ_BUFFER, 0, length, READ_BYTES));
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
    this.#socket.destroy();
    callback(error);
  }
}

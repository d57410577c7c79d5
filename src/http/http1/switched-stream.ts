// A connection to an endpoint after its protocol was switched, as a stream.

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

export class SwitchedStream extends Duplex {
  readonly #socket: Socket;

  /** @param socket whose reads are pushed here from now on; paused until they are wanted */
  constructor(socket: Socket) {
    // Its end is passed on when it comes, in each direction by itself.
    super({ allowHalfOpen: true });
    this.#socket = socket;
  }

  /** What the endpoint sent. @param bytes may be used again afterwards */
  received(bytes: Buffer): void {
    if (!this.push(Buffer.from(bytes))) this.#socket.pause();
  }

  /** The endpoint has closed its side. */
  receivedEnd(): void {
    this.push(null);
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.write(chunk, encoding, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#socket.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }
}

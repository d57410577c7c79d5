// The body of a request on its way out while it still arrives: as chunks or counted, never faster than the socket.
// Source: RFC 9112 §7.1 (chunked).

import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

export interface RequestBodyWriterOptions {
  readonly body: Readable;
  readonly socket: Socket;
  /** Bytes that it must have; undefined sends it in chunks. */
  readonly length: number | undefined;
  readonly onWritten: () => void;
  /** It ended too early, or is not as long as was said. */
  readonly onBroken: (detail: string) => void;
}

export class RequestBodyWriter {
  readonly #options: RequestBodyWriterOptions;
  #written = 0;
  #stopped = false;

  constructor(options: RequestBodyWriterOptions) {
    this.#options = options;
  }

  start(): void {
    const { body, socket } = this.#options;
    socket.on('drain', this.#resume);
    body.on('close', this.#closed);
    body.on('end', this.#ended);
    body.on('data', this.#write);
  }

  /** Takes nothing more from the body, and ends it: what is left of it has nowhere to go. */
  stop(): void {
    if (this.#stopped) return;
    this.#letGo();
    this.#options.body.destroy();
  }

  #letGo(): void {
    this.#stopped = true;
    const { body, socket } = this.#options;
    socket.off('drain', this.#resume);
    body.off('data', this.#write);
    body.off('end', this.#ended);
    body.off('close', this.#closed);
  }

  readonly #resume = (): void => {
    this.#options.body.resume();
  };

  readonly #write = (chunk: Buffer): void => {
    const { body, socket, length } = this.#options;
    this.#written += chunk.length;
    if (length !== undefined && this.#written > length) {
      this.#break(`the request is longer than the ${length} bytes that it said`);
      return;
    }
    // A chunk of no bytes would end the body.
    if (chunk.length === 0) return;
    if (length === undefined) {
      socket.cork();
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
      socket.write(chunk);
      socket.write('\r\n', 'latin1');
      socket.uncork();
    } else {
      socket.write(chunk);
    }
    if (socket.writableNeedDrain) body.pause();
  };

  readonly #ended = (): void => {
    const { length, socket, onWritten } = this.#options;
    if (length === undefined) socket.write('0\r\n\r\n', 'latin1');
    else if (this.#written < length) {
      this.#break(`the request ended after ${this.#written} of ${length} bytes`);
      return;
    }
    this.#letGo();
    onWritten();
  };

  readonly #closed = (): void => {
    this.#break('the request broke off');
  };

  #break(detail: string): void {
    if (this.#stopped) return;
    this.stop();
    this.#options.onBroken(detail);
  }
}

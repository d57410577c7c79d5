// A client's HTTP/2 stream as the connection that a CONNECT or a protocol switch gives away.
// Source: RFC 9113 §8.5 (END_STREAM is a half-close, RST_STREAM a reset), RFC 8441 §5.

import type { ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { NO_ERROR } from './node-http2.ts';

export interface StreamTunnelOptions {
  /** The code of the reset that says that this was no orderly end. */
  readonly resetCode: number;
  /** Bytes have moved in either direction. */
  readonly moved: (bytes: number) => void;
}

export class StreamTunnel extends Duplex {
  readonly #stream: ServerHttp2Stream;
  readonly #options: StreamTunnelOptions;

  constructor(stream: ServerHttp2Stream, options: StreamTunnelOptions) {
    super({ allowHalfOpen: true, readableHighWaterMark: 1 });
    this.#stream = stream;
    this.#options = options;
    stream.on('data', (chunk: Buffer) => {
      options.moved(chunk.length);
      if (!this.push(chunk)) stream.pause();
    });
    stream.on('end', () => {
      if (stream.aborted) this.destroy();
      else this.push(null);
    });
    stream.on('close', () => this.destroy());
    stream.pause();
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#stream.write(chunk, (error) => {
      this.#options.moved(chunk.length);
      callback(error);
    });
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#stream.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const orderly = this.readableEnded && this.writableFinished;
    if (!this.#stream.closed) this.#stream.close(orderly ? NO_ERROR : this.#options.resetCode);
    callback(error);
  }
}

// A client's HTTP/2 stream as the connection that a CONNECT or a protocol switch gives away.
// Source: RFC 9113 §8.5 (END_STREAM is a half-close, RST_STREAM a reset), RFC 8441 §5.

import type { ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import type { ConnectionStream } from '../../net/connection-stream.ts';
import { closeStream } from './close-stream.ts';
import { NO_ERROR } from './node-http2.ts';

export interface StreamTunnelOptions {
  /** Of the client; undefined over a unix socket. */
  readonly remoteAddress: string | undefined;
  /** The code of the reset that says that this was no orderly end. */
  readonly resetCode: number;
  /** Bytes have moved in either direction. */
  readonly moved: (bytes: number) => void;
}

export class StreamTunnel extends Duplex implements ConnectionStream {
  bytesRead = 0;
  readonly #stream: ServerHttp2Stream;
  readonly #options: StreamTunnelOptions;
  #taken = 0;

  constructor(stream: ServerHttp2Stream, options: StreamTunnelOptions) {
    super({ allowHalfOpen: true, readableHighWaterMark: 1 });
    this.#stream = stream;
    this.#options = options;
    stream.on('data', (chunk: Buffer) => {
      this.bytesRead += chunk.length;
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

  get remoteAddress(): string | undefined {
    return this.#options.remoteAddress;
  }

  /** What waits is among it, as it is for sockets. */
  get bytesWritten(): number {
    return this.#taken + this.writableLength;
  }

  /** A reset of the stream says so to the client. */
  resetAndDestroy(): this {
    return this.destroy();
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once('finish', () => this.destroy());
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    if (chunk.length === 0) {
      callback();
      return;
    }
    this.#stream.write(chunk, (error) => {
      this.#taken += chunk.length;
      this.#options.moved(chunk.length);
      callback(error);
    });
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#stream.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const orderly = this.readableEnded && this.writableFinished;
    closeStream(this.#stream, orderly ? NO_ERROR : this.#options.resetCode);
    callback(error);
  }
}

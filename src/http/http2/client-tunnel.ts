// A WebSocket over one stream of HTTP/2, as the stream of bytes that a switched connection of HTTP/1.1 is.
// Source: RFC 8441 §5, RFC 6455 §4.2.2.

import { createHash } from 'node:crypto';
import type { ClientHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import type { Fields, ResponseHead } from '../message.ts';
import { CANCEL } from './client-failures.ts';
import type { StreamProgress } from './client-stream-progress.ts';
import { closeStream } from './close-stream.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** The head that HTTP/1.1 has instead of 200. @param key of the client's handshake */
export function switchedHead(key: string, fields: Fields): ResponseHead {
  const accept = createHash('sha1')
    .update(key + GUID)
    .digest('base64');
  return {
    status: 101,
    reasonPhrase: 'Switching Protocols',
    fields: ['connection', 'Upgrade', 'upgrade', 'websocket', 'sec-websocket-accept', accept, ...fields],
  };
}

export class ClientTunnel extends Duplex {
  readonly #stream: ClientHttp2Stream;
  readonly #progress: StreamProgress;

  constructor(stream: ClientHttp2Stream, progress: StreamProgress) {
    // Its end is passed on when it comes, in each direction by itself.
    super({ allowHalfOpen: true });
    this.#stream = stream;
    this.#progress = progress;
    stream.on('data', (chunk: Buffer) => {
      progress.moved += chunk.length;
      if (!this.push(chunk)) stream.pause();
    });
    stream.pause();
  }

  /** The endpoint has ended its side. */
  receivedEnd(): void {
    this.push(null);
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#stream.write(chunk, (error) => {
      this.#progress.moved += chunk.length;
      callback(error);
    });
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#stream.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const inOrder = this.readableEnded && this.writableFinished;
    if (!inOrder) closeStream(this.#stream, CANCEL);
    callback(error);
  }
}

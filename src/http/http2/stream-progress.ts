// What has moved over one stream of HTTP/2: other streams of its connection say nothing of it.

import type { Http2Stream } from 'node:http2';
import type { WireProgress } from '../progress.ts';

/** Writes are no longer than this, so that those to a slow peer are seen to move. */
export const WRITE_BYTES = 16 * 1024;

export class StreamProgress implements WireProgress {
  readonly #stream: Http2Stream;
  #bytes = 0;

  constructor(stream: Http2Stream) {
    this.#stream = stream;
  }

  /** Bytes were read, or given to the stream. */
  count(bytes: number): void {
    this.#bytes += bytes;
  }

  get moved(): number {
    return this.#bytes - this.#stream.writableLength;
  }

  get writing(): boolean {
    return this.#stream.writableLength > 0;
  }

  /** The kernel knows of connections alone. */
  unacknowledged(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

/**
 * Writes a chunk in parts of `WRITE_BYTES`.
 * @param onTaken all of it has left
 * @returns false when the writer should wait for `drain`
 */
export function writeInParts(
  stream: Http2Stream,
  progress: StreamProgress,
  chunk: Buffer,
  onTaken?: (() => void) | undefined,
): boolean {
  progress.count(chunk.length);
  let goesOn = true;
  for (let at = 0; at < chunk.length; at += WRITE_BYTES) {
    const isLast = at + WRITE_BYTES >= chunk.length;
    goesOn = stream.write(chunk.subarray(at, at + WRITE_BYTES), isLast ? onTaken : undefined);
  }
  return goesOn;
}

// What has moved over one stream. Only its own bytes count: others on the same connection say nothing of it.

import type { ClientHttp2Stream } from 'node:http2';
import type { WireProgress } from '../progress.ts';

export class StreamProgress implements WireProgress {
  moved = 0;
  readonly #stream: ClientHttp2Stream;
  readonly #connection: WireProgress;

  /** @param connection that carries the stream */
  constructor(stream: ClientHttp2Stream, connection: WireProgress) {
    this.#stream = stream;
    this.#connection = connection;
  }

  get writing(): boolean {
    return this.#stream.writableLength > 0;
  }

  unacknowledged(): Promise<number | undefined> {
    return this.#connection.unacknowledged();
  }
}

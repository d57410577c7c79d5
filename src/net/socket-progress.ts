// What has moved over one socket.

import type { ConnectionStream } from './connection-stream.ts';
import { unacknowledgedBytes } from './send-queue.ts';

/** Satisfies the progress of a connection that `http/progress.ts` describes. */
export class SocketProgress {
  readonly #socket: ConnectionStream;

  constructor(socket: ConnectionStream) {
    this.#socket = socket;
  }

  get moved(): number {
    const { bytesRead, bytesWritten, writableLength } = this.#socket;
    return bytesRead + bytesWritten - writableLength;
  }

  get writing(): boolean {
    return this.#socket.writableLength > 0;
  }

  unacknowledged(): Promise<number | undefined> {
    return unacknowledgedBytes(this.#socket);
  }
}

// A client's connection as those see it who read and write it: a socket, or a stream that stands for one.

import type { Duplex } from 'node:stream';

/** What a socket has beyond a stream. Addresses are undefined where there is no connection of its own below it. */
interface Connection {
  readonly localAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
  readonly bytesRead: number;
  /** What waits to be sent is among it. */
  readonly bytesWritten: number;
  /** Closes it once all that was written has left. */
  destroySoon(): void;
  /** Closes it in such a way that its peer sees that this was no orderly end. */
  resetAndDestroy(): unknown;
}

export type ConnectionStream = Duplex & Connection;

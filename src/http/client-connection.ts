// A connection of a client as its listener sees it, whatever version of HTTP it speaks.

export interface ClientConnection {
  /** Since when nothing has been under way, in the clock's milliseconds; undefined while something is. */
  readonly idleSince: number | undefined;
  /** From now on each response is the last of its connection, or the client is asked to open another. */
  drain(): void;
  /** Ends it while nothing is under way, in the order of its protocol. */
  close(): void;
  /** Ends what has run out of time. @param now by the monotonic clock */
  expire(now: number): void;
}

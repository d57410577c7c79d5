// What moves over a connection, as the kernel sees it: only that distinguishes a slow peer from one that has stopped.

export interface WireProgress {
  /** Bytes read, and bytes of which the kernel has taken over whole writes; it only grows. */
  readonly moved: number;
  /** Whether bytes of ours wait to be taken. */
  readonly writing: boolean;
  /**
   * Bytes that the peer's kernel has not acknowledged, where this system reports it. A slow reader frees the send buffer
   * in large steps, and only this shows that it reads at all.
   */
  unacknowledged(): Promise<number | undefined>;
}

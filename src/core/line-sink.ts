/** Where lines end up. A Writable is one, and so is pino's destination. Its `write` must not block. */
export interface LineSink {
  /** False asks to wait for `drain`. */
  write(lines: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

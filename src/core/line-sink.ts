/** Where lines end up. Its `write` must not block. */
export interface LineSink {
  /**
   * Takes whole lines, each with its newline.
   * @returns false asks to wait for `drain`
   */
  write(lines: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
  /** Lines were given up before they came here: the sink reports the gap once it can be written to again. */
  missed(lines: number): void;
}

// Where Node.js allocates the memory of each read itself, V8 collects it late: only 64 MiB of it make it look. Here it is
// looked after earlier, so that bulk that passes through does not let the process grow.

/** So many bytes may have been read since the last collection. */
const MOST_BYTES = 4 * 1024 * 1024;

/**
 * As so much counts what the opening of a connection that stays leaves behind: of thousands that are opened at once, what
 * stays is moved out of the young generation before that has grown by it.
 */
export const OPENING_BYTES: number = 128 * 1024;

let uncollected = 0;

/** Bytes that were read into memory of Node.js's own, and will soon be needed no more. */
export function readAfresh(bytes: number): void {
  uncollected += bytes;
  if (uncollected < MOST_BYTES) return;
  uncollected = 0;
  // The young generation alone: 4 MiB at most, which takes less than a millisecond.
  globalThis.gc?.({ type: 'minor' });
}

// Reads of connections that were switched to another protocol: each is held for as long as the other side takes no more, and
// there may be thousands of them.

import { copyToSlab } from './slabs.ts';

/** What one read can bring at most, in bytes: as much while there are few such connections, and less the more there are. */
const MOST_BYTES = 8 * 1024;
const LEAST_BYTES = 1024;

/** What a read of each of them can bring together, in bytes, while that is more than the least. */
const TOGETHER_BYTES = 2 * 1024 * 1024;

/** Where reads arrive, of all connections in turn: Node.js settles where the next one of a socket goes as the last one ends. */
const SHARED = Buffer.allocUnsafeSlow(MOST_BYTES);

/** Its beginnings, by size, the largest first. */
const BUFFERS: readonly Buffer[] = sizes().map((size) => SHARED.subarray(0, size));

let open = 0;

/** One connection more is there. */
export function joinReads(): void {
  open++;
}

/** One of them is closed. */
export function leaveReads(): void {
  open--;
}

/** Where the next read goes. */
export function sharedReadBuffer(): Buffer {
  const share = TOGETHER_BYTES / Math.max(1, open);
  return BUFFERS.find(({ length }) => length <= share) ?? SHARED.subarray(0, LEAST_BYTES);
}

/** A copy of the read that has just arrived. Who takes it recycles it (`slabs.ts`). */
export function sharedRead(length: number): Buffer {
  const size = BUFFERS.findLast((buffer) => buffer.length >= length)?.length;
  return copyToSlab(SHARED, 0, length, size);
}

function sizes(): readonly number[] {
  const found: number[] = [];
  for (let size = MOST_BYTES; size >= LEAST_BYTES; size /= 2) found.push(size);
  return found;
}

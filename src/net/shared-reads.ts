// Reads of connections whose bytes are passed on as they are: each is held for as long as the other side takes no more, and
// there may be thousands of them.

import { copyToSlab } from './slabs.ts';

/** What one read of an upgraded connection can bring at most, in bytes, and what those of all of them bring together. */
const MOST_BYTES = 8 * 1024;
const TOGETHER_BYTES = 2 * 1024 * 1024;

/** The same of connections to services that are called over TCP. */
const MOST_TCP_BYTES = 64 * 1024;
const TCP_TOGETHER_BYTES = 4 * 1024 * 1024;

/** However many there are. */
const LEAST_BYTES = 1024;

export class SharedReads {
  readonly #mostBytes: number;
  readonly #togetherBytes: number;
  /** The beginnings of the memory where reads arrive, the longest first; there is none before the first read. */
  #buffers: readonly Buffer[] = [];
  #open = 0;

  /**
   * @param mostBytes of one read, while there are few connections
   * @param togetherBytes of a read of each, while that is more than the least
   */
  constructor(mostBytes: number, togetherBytes: number) {
    this.#mostBytes = mostBytes;
    this.#togetherBytes = togetherBytes;
  }

  /** One connection more is there. */
  join(): void {
    this.#open++;
  }

  /** One of them is closed. */
  leave(): void {
    this.#open--;
  }

  /**
   * Where the next read of a connection goes. All have the same memory, since Node.js settles that as the last read of the
   * socket ends, which may be long before.
   */
  buffer(): Buffer {
    if (this.#buffers.length === 0) this.#buffers = beginnings(Buffer.allocUnsafeSlow(this.#mostBytes));
    const share = this.#togetherBytes / Math.max(1, this.#open);
    return (this.#buffers.find(({ length }) => length <= share) ?? this.#buffers.at(-1)) as Buffer;
  }

  /** A copy of the read that has just arrived. Who takes it recycles it (`slabs.ts`). */
  take(length: number): Buffer {
    const [memory] = this.#buffers as [Buffer];
    const size = this.#buffers.findLast((buffer) => buffer.length >= length)?.length;
    return copyToSlab(memory, 0, length, size);
  }
}

function beginnings(memory: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let size = memory.length; size >= LEAST_BYTES; size /= 2) found.push(memory.subarray(0, size));
  return found;
}

/** Of connections that were switched to another protocol. */
export const SWITCHED_READS = new SharedReads(MOST_BYTES, TOGETHER_BYTES);

/** Of connections to services that are called over TCP. */
export const TCP_READS = new SharedReads(MOST_TCP_BYTES, TCP_TOGETHER_BYTES);

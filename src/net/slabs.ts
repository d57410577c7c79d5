// Memory for reads of large bodies, used again and again: to allocate it for each read costs more than the reading, and
// its collection delays everything else.

/** What one read can bring at most, in bytes. */
export const SLAB_BYTES = 64 * 1024;

/** Slabs of one size beyond these are left to the garbage collector. */
const MOST_FREE = 32;

/** By their size in bytes. */
const free = new Map<number, Buffer[]>();

function takeFree(size: number): Buffer {
  return free.get(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
}

function giveBack(bytes: Buffer): void {
  const alike = free.get(bytes.length);
  if (alike === undefined) free.set(bytes.length, [bytes]);
  else if (alike.length < MOST_FREE) alike.push(bytes);
}

/** The slab that a chunk lies in, by the chunk itself: parts of it do not count. */
const lent = new WeakMap<Buffer, Slab>();

/** A slab whose chunks are out; it is free again once all of them came back. */
class Slab {
  readonly bytes: Buffer;
  chunksOut = 0;
  /** Whether reads may still write into it. */
  open = true;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  release(): void {
    if (!this.open && this.chunksOut === 0) giveBack(this.bytes);
  }
}

/** Where one connection reads large bodies into, and no other: its next read may have been settled long ago. */
export class ReadSlab {
  readonly #size: number;
  #slab: Slab;

  /** @param size in bytes. Default: `SLAB_BYTES` */
  constructor(size = SLAB_BYTES) {
    this.#size = size;
    this.#slab = new Slab(takeFree(size));
  }

  get bytes(): Buffer {
    return this.#slab.bytes;
  }

  /** Takes a part of it out of further reads, until `recycle` is given it. */
  lend(from: number, to: number): Buffer {
    const chunk = this.#slab.bytes.subarray(from, to);
    this.#slab.chunksOut++;
    lent.set(chunk, this.#slab);
    return chunk;
  }

  /** Before the next read: another slab, if parts of this one are out. */
  renew(): void {
    if (this.#slab.chunksOut === 0) return;
    this.close();
    this.#slab = new Slab(takeFree(this.#size));
  }

  /** No more reads. */
  close(): void {
    this.#slab.open = false;
    this.#slab.release();
  }
}

/** A copy of these bytes in a slab. @param size of the slab, in bytes. Default: `SLAB_BYTES` */
export function copyToSlab(source: Buffer, from: number, to: number, size?: number): Buffer {
  const slab = new ReadSlab(size);
  source.copy(slab.bytes, 0, from, to);
  const chunk = slab.lend(0, to - from);
  slab.close();
  return chunk;
}

/** This chunk is no longer read. With a chunk that lies in no slab, or was kept, nothing is done. */
export function recycle(chunk: Buffer): void {
  const slab = lent.get(chunk);
  if (slab === undefined) return;
  lent.delete(chunk);
  slab.chunksOut--;
  slab.release();
}

/** Others than the one who will recycle it read this chunk: its memory is left to the garbage collector. */
export function keep(chunk: Buffer): void {
  lent.delete(chunk);
}

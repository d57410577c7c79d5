// The bytes of one answer, put into memory that is used again: a registry that never rests answers megabytes several times
// a second, and what is thrown away so often makes V8 collect garbage each time.

import { Writable } from 'node:stream';

const FIRST_BYTES = 16 * 1024;

/** What is waited for after each write is nothing: the stream need not pause. */
const NEVER_FULL = 1024 * 1024;

export class AnswerSink extends Writable {
  #memory: Buffer;
  #length = 0;

  /** @param spare memory that nothing reads any more; undefined for new memory */
  constructor(spare: Buffer | undefined) {
    super({ highWaterMark: NEVER_FULL, decodeStrings: true });
    this.#memory = spare ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  /** What came so far. */
  get bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const length = this.#length + chunk.length;
    if (length > this.#memory.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, Math.ceil(this.#memory.length * 1.5)));
      this.#memory.copy(larger, 0, 0, this.#length);
      this.#memory = larger;
    }
    chunk.copy(this.#memory, this.#length);
    this.#length = length;
    done();
  }
}

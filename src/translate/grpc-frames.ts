// The messages of a gRPC stream, each behind five bytes: a flag and its length. Source: gRPC over HTTP/2,
// "Length-Prefixed-Message"; gRPC-Web frames its trailers in the same way.

import type { Coding } from './content-coding.ts';
import { CodingFault, decoded } from './content-coding.ts';

export const PREFIX_BYTES = 5;
const COMPRESSED = 0x01;

/** Of gRPC-Web: the frame holds trailers (PROTOCOL-WEB.md, "HTTP/1.1 and HTTP/2 Responses"). */
export const TRAILERS_FLAG = 0x80;

export function frame(message: Uint8Array, flags = 0): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed[0] = flags;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, PREFIX_BYTES);
  return framed;
}

/** What stands in a stream that is not as gRPC has it. */
export class FrameFault extends Error {
  override readonly name = 'FrameFault';
  /** Whether a message is larger than it may be. */
  readonly tooLarge: boolean;

  constructor(message: string, tooLarge = false) {
    super(message);
    this.tooLarge = tooLarge;
  }
}

/** Takes a stream apart, however it is cut into chunks. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #message: (message: Buffer, flags: number) => void;
  readonly #coding: Coding;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** What the next frame, its prefix included, takes; undefined until its prefix has come. */
  #wanted: number | undefined;

  /**
   * @param maxBytes the most that a message may have
   * @param message is given each, without its compression and the flag for that
   * @param coding of messages that say that they are compressed
   */
  constructor(
    maxBytes: number,
    message: (message: Buffer, flags: number) => void,
    coding: Coding = 'identity',
  ) {
    this.#maxBytes = maxBytes;
    this.#message = message;
    this.#coding = coding;
  }

  /** @throws FrameFault; the reader is of no use then */
  push(chunk: Buffer): void {
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    for (;;) {
      if (this.#wanted === undefined) {
        if (this.#pendingBytes < PREFIX_BYTES) return;
        this.#wanted = PREFIX_BYTES + this.#readLength();
      }
      if (this.#pendingBytes < this.#wanted) return;
      const whole = this.#joined();
      const framed = whole.subarray(0, this.#wanted);
      this.#pendingBytes = whole.length - this.#wanted;
      this.#pending = this.#pendingBytes === 0 ? [] : [whole.subarray(this.#wanted)];
      this.#wanted = undefined;
      this.#take(framed.subarray(PREFIX_BYTES), framed[0] as number);
    }
  }

  /** @throws FrameFault when the stream ended within a frame */
  end(): void {
    if (this.#pendingBytes > 0) throw new FrameFault('the stream ended within a message');
  }

  #take(message: Buffer, flags: number): void {
    if ((flags & COMPRESSED) === 0) {
      this.#message(message, flags);
      return;
    }
    let whole: Buffer;
    try {
      whole = decoded(message, this.#coding, this.#maxBytes);
    } catch (error) {
      if (!(error instanceof CodingFault)) throw error;
      throw new FrameFault(`a message cannot be decompressed: ${error.message}`, error.tooLarge);
    }
    this.#message(whole, flags & ~COMPRESSED);
  }

  #readLength(): number {
    const whole = this.#joined();
    this.#pending = [whole];
    if (((whole[0] as number) & COMPRESSED) !== 0 && this.#coding === 'identity') {
      throw new FrameFault('a message is compressed, though no compression was agreed on');
    }
    const length = whole.readUInt32BE(1);
    if (length > this.#maxBytes) {
      throw new FrameFault(`a message of ${length} bytes is larger than ${this.#maxBytes} bytes`, true);
    }
    return length;
  }

  #joined(): Buffer {
    const [first] = this.#pending;
    return this.#pending.length === 1 && first !== undefined ? first : Buffer.concat(this.#pending);
  }
}

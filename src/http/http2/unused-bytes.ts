// Clients whose bytes carry nothing: nghttp2 and node:http2 see to many frames without a word, such as WINDOW_UPDATE, DATA of
// streams that are closed, or heads that are refused before their end (RFC 9113 §10.5). What requests, content and responses
// account for is taken off; the rest has a rate. Pure.

/** So many are none too many: content that waits for its stream to be read is among them. */
const BURST_BYTES = 2 * 1024 * 1024;

const BYTES_PER_SECOND = 64 * 1024;

/** What has a purpose may come later than that is known: a window of each stream that ended amid an upload, for 250 of them. */
const SAVED_BYTES = 16 * 1024 * 1024;

/** What a write to the client may bring back: an update of two windows for each frame, or a few. */
export const PER_WRITE = 256;

/** What a piece of content may have around it: padding, the head of its frame, of its record of TLS. */
export const PER_CONTENT = 64;

/** What a stream may have beside its fields and content. */
export const PER_STREAM = 1024;

export class UnusedBytes {
  #used = 0;
  #unused = 0;
  #read = 0;
  #at: number;

  /** @param now monotonic milliseconds, as below */
  constructor(now: number) {
    this.#at = now;
  }

  /** So many bytes of those that are read, now or soon, have a purpose. */
  use(bytes: number): void {
    this.#used += bytes;
  }

  /** @param read how many the client has sent since the connection began @returns false when too many had no purpose */
  admits(read: number, now: number): boolean {
    const forgiven = ((now - this.#at) * BYTES_PER_SECOND) / 1000;
    const unused = this.#unused + read - this.#read - this.#used;
    this.#unused = unused > 0 ? Math.max(0, unused - forgiven) : Math.max(-SAVED_BYTES, unused);
    this.#read = read;
    this.#used = 0;
    this.#at = now;
    return this.#unused <= BURST_BYTES;
  }
}

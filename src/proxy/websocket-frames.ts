// Where the frames of a WebSocket begin and end in a stream of bytes, and the close frame. Nothing of what
// they carry is read. Source: RFC 6455 §5.2, §5.5.1, §7.4.1.

const CLOSE_OPCODE = 8;
const MASK_BYTES = 4;

/** 1001: an endpoint is going away, as a server that goes down is. */
export const GOING_AWAY: Buffer = Buffer.from([0x88, 0x02, 0x03, 0xe9]);

/** The same from a client, whose frames are masked; what hides nothing that an attacker chose needs no secret key. */
export const GOING_AWAY_MASKED: Buffer = Buffer.from([
  0x88,
  0x82,
  ...[0x37, 0xfa, 0x21, 0x3d],
  ...[0x03 ^ 0x37, 0xe9 ^ 0xfa],
]);

/** Follows the frames of one direction. */
export class FrameTracker {
  /** Of the header under way, how many bytes have come; 0 between headers. */
  #headerBytes = 0;
  /** How many it has, once its second byte has come. */
  #headerEnd = 2;
  /** Of them, those up to here are its length. */
  #lengthEnd = 2;
  #isClose = false;
  /** How long its payload is, as far as that has come. */
  #payload = 0;
  /** Of the frame under way, bytes of its payload that have not come. */
  #left = 0;
  #closing = false;

  /** No frame is under way. */
  get between(): boolean {
    return this.#left === 0 && this.#headerBytes === 0;
  }

  /** A Close has passed: after it there is nothing more to say. */
  get closing(): boolean {
    return this.#closing;
  }

  /**
   * @param stopAtEnd whether to stop behind the first frame that ends
   * @returns how many of the bytes were looked at: all, unless it stopped
   */
  advance(bytes: Buffer, stopAtEnd = false): number {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        this.#readHeader(bytes[at++] as number);
        if (this.#headerBytes > 0) continue;
      }
      if (stopAtEnd && this.between) return at;
    }
    return at;
  }

  #readHeader(byte: number): void {
    const at = this.#headerBytes++;
    if (at === 0) {
      this.#isClose = (byte & 0x0f) === CLOSE_OPCODE;
      return;
    }
    if (at === 1) {
      const length = byte & 0x7f;
      this.#lengthEnd = 2 + (length === 126 ? 2 : length === 127 ? 8 : 0);
      this.#headerEnd = this.#lengthEnd + (byte >= 0x80 ? MASK_BYTES : 0);
      this.#payload = length < 126 ? length : 0;
    } else if (at < this.#lengthEnd) {
      this.#payload = this.#payload * 256 + byte;
    }
    if (this.#headerBytes < this.#headerEnd) return;
    this.#headerBytes = 0;
    this.#left = this.#payload;
    this.#closing ||= this.#isClose;
  }
}

// Where the frames of a WebSocket begin and end in a stream of bytes, and the close frame. Nothing of what
// they carry is read. Source: RFC 6455 §5.2, §5.5.1, §7.4.1.

const CLOSE_OPCODE = 8;
const LONGEST_HEADER = 14;

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
  readonly #header = Buffer.allocUnsafe(LONGEST_HEADER);
  #headerBytes = 0;
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
        this.#header[this.#headerBytes++] = bytes[at++] as number;
        if (this.#headerBytes < 2 || this.#headerBytes < headerLength(this.#header[1] as number)) continue;
        this.#begin();
      }
      if (stopAtEnd && this.between) return at;
    }
    return at;
  }

  #begin(): void {
    const length = (this.#header[1] as number) & 0x7f;
    if (length < 126) this.#left = length;
    else if (length === 126) this.#left = this.#header.readUInt16BE(2);
    else this.#left = this.#header.readUInt32BE(2) * 2 ** 32 + this.#header.readUInt32BE(6);
    if (((this.#header[0] as number) & 0x0f) === CLOSE_OPCODE) this.#closing = true;
    this.#headerBytes = 0;
  }
}

/** @param second the second byte of the header: whether it is masked, and how long */
function headerLength(second: number): number {
  const length = second & 0x7f;
  const extended = length === 126 ? 2 : length === 127 ? 8 : 0;
  return 2 + extended + (second >= 0x80 ? 4 : 0);
}

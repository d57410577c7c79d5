// Newline-delimited text, however it is cut into chunks. Source: github.com/ndjson/ndjson-spec.

const NEWLINE = 0x0a;

/** A line is larger than it may be. */
export class LineTooLong extends Error {
  override readonly name = 'LineTooLong';
}

export class LineReader {
  readonly #maxBytes: number;
  readonly #line: (line: Buffer) => void;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  /** @param line is given those that are not blank, without their ends */
  constructor(maxBytes: number, line: (line: Buffer) => void) {
    this.#maxBytes = maxBytes;
    this.#line = line;
  }

  /** @throws LineTooLong; the reader is of no use then */
  push(chunk: Buffer): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      this.#keep(chunk.subarray(from, at));
      from = at + 1;
      this.end();
    }
    this.#keep(chunk.subarray(from));
  }

  /** The last line needs no end. */
  end(): void {
    const [first] = this.#pending;
    const line = this.#pending.length === 1 && first !== undefined ? first : Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    if (!isBlank(line)) this.#line(line);
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#pending.push(part);
    this.#pendingBytes += part.length;
    if (this.#pendingBytes > this.#maxBytes) {
      throw new LineTooLong(`a line is larger than ${this.#maxBytes} bytes`);
    }
  }
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
}

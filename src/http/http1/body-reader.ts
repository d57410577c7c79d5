// The content of a message out of the bytes of its connection, whatever way they were cut into reads; the same for
// requests and responses. Source: RFC 9112 §6.3 (length of the body), §7.1 (chunked).

import type { Fields } from '../message.ts';
import { NO_FIELDS } from '../message.ts';
import { parseFieldLines } from './field-lines.ts';
import type { BodyFraming } from './grammar.ts';
import {
  CARRIAGE_RETURN,
  CHUNK_LINE,
  HEAD_LINES,
  LINE_FEED,
  MAX_CHUNK_LINE,
  ProtocolFault,
} from './grammar.ts';

export interface BodyListener {
  /** Bytes of content: only valid until this returns. */
  bodyPart(source: Buffer, from: number, to: number): void;
  bodyEnd(trailers: Fields): void;
}

type State = 'over' | 'length' | 'chunk_line' | 'chunk' | 'chunk_end' | 'trailers' | 'close';

export class BodyReader {
  readonly #listener: BodyListener;
  readonly #maxTrailerBytes: number;
  #state: State = 'over';
  /** Bytes left of a body with a length, or of a chunk. */
  #left = 0;
  #trailers = '';

  constructor(listener: BodyListener, maxTrailerBytes: number) {
    this.#listener = listener;
    this.#maxTrailerBytes = maxTrailerBytes;
  }

  /** The body has ended, or there was none. */
  get over(): boolean {
    return this.#state === 'over';
  }

  /** Whether the end of the connection is the end of the body. */
  get endsWithConnection(): boolean {
    return this.#state === 'close';
  }

  /** @param length bytes when the framing is `length` */
  begin(framing: BodyFraming, length: number): void {
    this.#left = length;
    this.#trailers = '';
    switch (framing) {
      case 'none':
        this.#state = 'over';
        break;
      case 'length':
        this.#state = length === 0 ? 'over' : 'length';
        break;
      case 'chunked':
        this.#state = 'chunk_line';
        break;
      case 'close':
        this.#state = 'close';
        break;
    }
  }

  /** The connection has ended where that ends the body. */
  close(): void {
    this.#finish(NO_FIELDS);
  }

  /**
   * Takes what it can in one step.
   * @returns where to go on; undefined when a line is not whole yet: then the bytes from `at` on must come again
   * @throws ProtocolFault
   */
  step(source: Buffer, at: number, end: number): number | undefined {
    switch (this.#state) {
      case 'length':
      case 'chunk':
        return this.#readCounted(source, at, end);
      case 'close':
        this.#listener.bodyPart(source, at, end);
        return end;
      case 'chunk_line':
        return this.#readChunkLine(source, at, end);
      case 'chunk_end':
        return this.#readChunkEnd(source, at, end);
      case 'trailers':
        return this.#readTrailer(source, at, end);
      case 'over':
        return at;
    }
  }

  #readCounted(source: Buffer, at: number, end: number): number {
    const to = Math.min(at + this.#left, end);
    this.#left -= to - at;
    this.#listener.bodyPart(source, at, to);
    if (this.#left === 0) {
      if (this.#state === 'chunk') this.#state = 'chunk_end';
      else this.#finish(NO_FIELDS);
    }
    return to;
  }

  #readChunkLine(source: Buffer, at: number, end: number): number | undefined {
    const lineEnd = endOfLine(source, at, end, MAX_CHUNK_LINE, 'the line before a chunk');
    if (lineEnd === undefined) return undefined;
    const [, size] = CHUNK_LINE.exec(source.toString('latin1', at, lineEnd - 2)) ?? [];
    if (size === undefined) throw new ProtocolFault('the size of a chunk is not a hexadecimal number');
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk';
    return lineEnd;
  }

  #readChunkEnd(source: Buffer, at: number, end: number): number | undefined {
    if (source[at] !== CARRIAGE_RETURN) throw new ProtocolFault('a chunk is longer than was said');
    if (at + 1 === end) return undefined;
    if (source[at + 1] !== LINE_FEED) throw new ProtocolFault('a chunk is longer than was said');
    this.#state = 'chunk_line';
    return at + 2;
  }

  #readTrailer(source: Buffer, at: number, end: number): number | undefined {
    const room = this.#maxTrailerBytes - this.#trailers.length;
    const lineEnd = endOfLine(source, at, end, room, 'what follows the content');
    if (lineEnd === undefined) return undefined;
    if (lineEnd - at > 2) {
      this.#trailers += source.toString('latin1', at, lineEnd);
      return lineEnd;
    }
    const text = this.#trailers;
    this.#trailers = '';
    this.#finish(text === '' ? NO_FIELDS : parseTrailers(text));
    return lineEnd;
  }

  #finish(trailers: Fields): void {
    this.#state = 'over';
    this.#listener.bodyEnd(trailers);
  }
}

/**
 * @param text lines of fields, decoded as latin1, each with its end
 * @throws ProtocolFault
 */
export function parseTrailers(text: string): Fields {
  if (!HEAD_LINES.test(text)) {
    throw new ProtocolFault('the trailers have characters that no field may have');
  }
  return parseFieldLines(text, 0, 'refused');
}

/** Behind the end of the line that begins here; undefined when it has not come yet. */
function endOfLine(
  source: Buffer,
  at: number,
  end: number,
  maxBytes: number,
  what: string,
): number | undefined {
  const lineFeed = source.indexOf(LINE_FEED, at);
  const whole = lineFeed !== -1 && lineFeed < end;
  if ((whole ? lineFeed + 1 : end) - at > maxBytes) throw new ProtocolFault(`${what} is too long`);
  if (!whole) return undefined;
  if (lineFeed === at || source[lineFeed - 1] !== CARRIAGE_RETURN) {
    throw new ProtocolFault('a line ends without a carriage return');
  }
  return lineFeed + 1;
}

// Responses out of the bytes of one connection, one after the other, whatever way the bytes were cut into reads.
// Source: RFC 9112 §6.3 (length of the body), §7.1 (chunked), RFC 9110 §15.2 (interim responses).

import type { RawHeaders } from '../attempt.ts';
import type { ParsedHead } from './response-head.ts';
import { ProtocolFault, parseResponseHead, parseTrailers } from './response-head.ts';

export interface ResponseListener {
  /** An interim response. */
  interim(head: ParsedHead): void;
  head(head: ParsedHead): void;
  /** @param chunk the listener's own */
  data(chunk: Buffer): void;
  end(trailers: RawHeaders): void;
}

/** The most bytes of the line that says how long a chunk is. */
const MAX_CHUNK_LINE = 1_024;

const CHUNK_LINE = /^([0-9A-Fa-f]{1,13})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

const PROTOCOL = 'HTTP/1.';
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

const NO_TRAILERS: RawHeaders = [];

type State = 'between' | 'head' | 'length' | 'chunk_line' | 'chunk' | 'chunk_end' | 'trailers' | 'close';

export class ResponseParser {
  readonly #listener: ResponseListener;
  readonly #maxHeaderBytes: number;
  #state: State = 'between';
  #isHead = false;
  /** Bytes left of a body with a length, or of a chunk. */
  #left = 0;
  /** What came of a head or a line that is not whole yet. */
  #partial: Buffer | undefined;
  #trailers = '';
  #informed = 0;

  /** @param maxHeaderBytes of a head, and of the trailers; all interim responses of a request count as one head */
  constructor(listener: ResponseListener, maxHeaderBytes: number) {
    this.#listener = listener;
    this.#maxHeaderBytes = maxHeaderBytes;
  }

  /** A request has left, and its response may come. */
  expect(method: string): void {
    this.#state = 'head';
    this.#isHead = method === 'HEAD';
    this.#informed = 0;
  }

  /**
   * Takes what came.
   * @param bytes may be used again for something else afterwards
   * @throws ProtocolFault; then nothing more can be made of this connection
   */
  read(bytes: Buffer, length: number): void {
    let source = bytes;
    let end = length;
    if (this.#partial !== undefined) {
      source = Buffer.concat([this.#partial, bytes.subarray(0, length)]);
      end = source.length;
      this.#partial = undefined;
    }
    let at = 0;
    while (at < end) {
      const next = this.#step(source, at, end);
      if (next === undefined) {
        this.#partial = Buffer.from(source.subarray(at, end));
        return;
      }
      at = next;
    }
  }

  /**
   * The endpoint has closed its side.
   * @returns false when a response is not whole by that
   */
  close(): boolean {
    if (this.#state === 'close') this.#finish(NO_TRAILERS);
    return this.#state === 'between';
  }

  /** Where to go on, or undefined when more must come first. */
  #step(source: Buffer, at: number, end: number): number | undefined {
    switch (this.#state) {
      case 'between':
        throw new ProtocolFault('it sent more than its response');
      case 'head':
        return this.#readHead(source, at, end);
      case 'length':
      case 'chunk':
        return this.#readCounted(source, at, end);
      case 'close':
        this.#listener.data(Buffer.from(source.subarray(at, end)));
        return end;
      case 'chunk_line':
        return this.#readChunkLine(source, at, end);
      case 'chunk_end':
        return this.#readChunkEnd(source, at, end);
      case 'trailers':
        return this.#readTrailer(source, at, end);
    }
  }

  #readHead(source: Buffer, at: number, end: number): number | undefined {
    const found = source.indexOf(HEAD_END, at);
    const whole = found !== -1 && found + 4 <= end;
    if ((whole ? found + 4 : end) - at + this.#informed > this.#maxHeaderBytes) {
      throw new ProtocolFault(`its head is longer than ${this.#maxHeaderBytes} bytes`);
    }
    if (!whole) {
      refuseOtherProtocols(source, at, end);
      refuseBareLineFeeds(source, at, end);
      return undefined;
    }
    const head = parseResponseHead(source.toString('latin1', at, found + 2));
    if (head.status < 200) {
      if (head.status === 101) throw new ProtocolFault('it switched protocols without being asked to');
      this.#informed += found + 4 - at;
      this.#listener.interim(head);
    } else {
      this.#begin(head);
    }
    return found + 4;
  }

  #begin(head: ParsedHead): void {
    const { status, framing, length } = head;
    const empty = this.#isHead || status === 204 || status === 304 || (framing === 'length' && length === 0);
    this.#left = length;
    this.#state = framing === 'chunked' ? 'chunk_line' : framing;
    this.#listener.head(head);
    if (empty) this.#finish(NO_TRAILERS);
  }

  #readCounted(source: Buffer, at: number, end: number): number {
    const taken = Math.min(this.#left, end - at);
    this.#left -= taken;
    this.#listener.data(Buffer.from(source.subarray(at, at + taken)));
    if (this.#left === 0) {
      if (this.#state === 'chunk') this.#state = 'chunk_end';
      else this.#finish(NO_TRAILERS);
    }
    return at + taken;
  }

  #readChunkLine(source: Buffer, at: number, end: number): number | undefined {
    const lineEnd = endOfLine(source, at, end, MAX_CHUNK_LINE, 'the line before a chunk');
    if (lineEnd === undefined) return undefined;
    const [, size] = CHUNK_LINE.exec(source.toString('latin1', at, lineEnd - 2)) ?? [];
    if (size === undefined) throw new ProtocolFault('the size of a chunk is no hexadecimal number');
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
    const room = this.#maxHeaderBytes - this.#trailers.length;
    const lineEnd = endOfLine(source, at, end, room, 'what follows its body');
    if (lineEnd === undefined) return undefined;
    if (lineEnd - at > 2) {
      this.#trailers += source.toString('latin1', at, lineEnd);
      return lineEnd;
    }
    const text = this.#trailers;
    this.#trailers = '';
    this.#finish(text === '' ? NO_TRAILERS : parseTrailers(text));
    return lineEnd;
  }

  #finish(trailers: RawHeaders): void {
    this.#state = 'between';
    this.#listener.end(trailers);
  }
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

/** Who speaks something else may never send what would end a head. */
function refuseOtherProtocols(source: Buffer, from: number, end: number): void {
  const begin = source.toString('latin1', from, Math.min(end, from + PROTOCOL.length));
  if (!PROTOCOL.startsWith(begin)) throw new ProtocolFault(`${JSON.stringify(begin)} is no HTTP/1.1`);
}

/** A server that ends its lines so would otherwise be waited for until the time is up. */
function refuseBareLineFeeds(source: Buffer, from: number, end: number): void {
  for (
    let at = source.indexOf(LINE_FEED, from);
    at !== -1 && at < end;
    at = source.indexOf(LINE_FEED, at + 1)
  ) {
    if (at === from || source[at - 1] !== CARRIAGE_RETURN) {
      throw new ProtocolFault('a line of its head ends without a carriage return');
    }
  }
}

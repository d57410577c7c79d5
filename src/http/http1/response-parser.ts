// Responses out of the bytes of one connection, one after the other, whatever way the bytes were cut into reads.
// Source: RFC 9112 §6.3 (length of the body), RFC 9110 §15.2 (interim responses).

import type { Fields } from '../message.ts';
import { otherProtocol } from '../other-protocols.ts';
import type { BodyListener } from './body-reader.ts';
import { BodyReader } from './body-reader.ts';
import { HEAD_END, hasBareLineFeed, ProtocolFault } from './grammar.ts';
import type { ParsedHead } from './response-head.ts';
import { parseResponseHead } from './response-head.ts';

export interface ResponseListener extends BodyListener {
  /** An interim response. */
  interim(head: ParsedHead): void;
  head(head: ParsedHead): void;
  /** The protocol has been switched, as was asked; what follows is not HTTP. `rest` is only valid until this returns. */
  switched(head: ParsedHead, rest: Buffer): void;
}

/** What a request expects of its response. */
export interface Expected {
  readonly method: string;
  /** Whether a 101 is what was asked for. */
  readonly upgrade: boolean;
}

const PROTOCOL = 'HTTP/1.';
const FIRST_BYTE = 0x48;

type State = 'between' | 'head' | 'body' | 'switched';

export class ResponseParser {
  readonly #listener: ResponseListener;
  readonly #body: BodyReader;
  readonly #maxHeaderBytes: number;
  #state: State = 'between';
  #expected: Expected | undefined;
  /** What came of a head or a line that is not whole yet. */
  #partial: Buffer | undefined;
  #informed = 0;

  /** @param maxHeaderBytes of a head, and of the trailers; all interim responses of a request count as one head */
  constructor(listener: ResponseListener, maxHeaderBytes: number) {
    this.#listener = listener;
    this.#maxHeaderBytes = maxHeaderBytes;
    this.#body = new BodyReader(
      {
        bodyPart: (source, from, to) => listener.bodyPart(source, from, to),
        bodyEnd: (trailers) => this.#finish(trailers),
      },
      maxHeaderBytes,
    );
  }

  /** A request has left, and its response may come. */
  expect(expected: Expected): void {
    this.#state = 'head';
    this.#expected = expected;
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
    if (this.#state === 'body' && this.#body.endsWithConnection) this.#body.close();
    return this.#state === 'between';
  }

  /** Where to go on, or undefined when more must come first. */
  #step(source: Buffer, at: number, end: number): number | undefined {
    switch (this.#state) {
      case 'between':
        throw new ProtocolFault('it sent more than its response');
      case 'head':
        return this.#readHead(source, at, end);
      case 'body':
        return this.#body.step(source, at, end);
      case 'switched':
        return end;
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
      // A server that ends its lines so would otherwise be waited for until the time is up.
      if (hasBareLineFeed(source, at, end)) {
        throw new ProtocolFault('a line of its head ends without a carriage return');
      }
      return undefined;
    }
    if (source[at] !== FIRST_BYTE) refuseOtherProtocols(source, at, end);
    const head = parseResponseHead(source.toString('latin1', at, found + 2));
    if (head.status >= 200) {
      this.#begin(head);
    } else if (head.status === 101) {
      if (this.#expected?.upgrade !== true) {
        throw new ProtocolFault('it switched protocols without being asked to');
      }
      this.#state = 'switched';
      this.#expected = undefined;
      this.#listener.switched(head, source.subarray(found + 4, end));
      return end;
    } else {
      this.#informed += found + 4 - at;
      this.#listener.interim(head);
    }
    return found + 4;
  }

  /** HEAD, 204 and 304 have no body, whatever their fields claim (RFC 9112 §6.3). */
  #begin(head: ParsedHead): void {
    const { status, framing, length } = head;
    const empty = this.#expected?.method === 'HEAD' || status === 204 || status === 304;
    this.#body.begin(empty ? 'none' : framing, length);
    this.#state = 'body';
    this.#listener.head(head);
    if (this.#body.over) this.#finish([]);
  }

  #finish(trailers: Fields): void {
    this.#state = 'between';
    this.#expected = undefined;
    this.#listener.bodyEnd(trailers);
  }
}

/** A peer of another protocol may never send what would end a head. */
function refuseOtherProtocols(source: Buffer, from: number, end: number): void {
  const begin = source.toString('latin1', from, Math.min(end, from + PROTOCOL.length));
  if (PROTOCOL.startsWith(begin)) return;
  const likely = otherProtocol(source, from, end);
  throw new ProtocolFault(
    `not an HTTP/1.1 response (${JSON.stringify(begin)})${likely === undefined ? '' : `; ${likely}`}`,
  );
}

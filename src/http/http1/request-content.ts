// The content of one request after another, as it arrives on a client's connection and as its reader takes it.
// Source: RFC 9112 §6.

import { readAfresh } from '../../net/read-garbage.ts';
import type { Body, BodySink, StreamFault } from '../body.ts';
import type { Fields } from '../message.ts';
import type { BodyListener } from './body-reader.ts';
import { BodyReader } from './body-reader.ts';
import { ProtocolFault } from './grammar.ts';
import type { ParsedRequest } from './request-line.ts';

/** The connection, as the content of its requests sees it. */
export interface ContentHost {
  /** Bytes of content have come. */
  contentArrives(): void;
  /** All of it has. */
  contentEnds(): void;
  /** More may be delivered, or thrown away. */
  contentWanted(): void;
  /** The rest, which nobody wanted, is faulty. */
  contentSpoilt(): void;
}

/** The content of the request that is being responded to. */
export class ArrivingContent implements BodyListener {
  readonly #host: ContentHost;
  readonly #reader: BodyReader;
  #content: RequestContent | undefined;
  #fault: StreamFault | undefined;

  constructor(host: ContentHost, maxTrailerBytes: number) {
    this.#host = host;
    this.#reader = new BodyReader(this, maxTrailerBytes);
  }

  /** Undefined when the request has none. */
  get body(): Body | undefined {
    return this.#content;
  }

  /** All of it has come, or there was none. */
  get over(): boolean {
    return this.#content === undefined || this.#reader.over;
  }

  /** It was not what it should be: nothing behind it can be read. */
  get isFaulty(): boolean {
    return this.#fault !== undefined;
  }

  /** All that came has been read, or thrown away. */
  get isTaken(): boolean {
    const content = this.#content;
    return content !== undefined && !content.blocked && (content.sink !== undefined || content.unwanted);
  }

  /**
   * @param at where the content begins
   * @returns where it ends when it is there whole, else `at`
   */
  begin({ framing, length }: ParsedRequest, unread: Buffer, at: number): number {
    if (framing === 'length' && unread.length - at >= length) {
      const end = at + length;
      this.#reader.begin('none', 0);
      this.#content = new RequestContent(length, unread.subarray(at, end), this.#onWanted);
      return end;
    }
    this.#reader.begin(framing, length);
    const said = framing === 'length' ? length : undefined;
    this.#content = framing === 'none' ? undefined : new RequestContent(said, undefined, this.#onWanted);
    return at;
  }

  /**
   * Takes what it can in one step.
   * @returns where to go on; undefined when nothing can be taken now
   */
  step(unread: Buffer): number | undefined {
    const content = this.#content;
    if (content === undefined || this.#reader.over) return undefined;
    if (this.#fault !== undefined) {
      this.break(this.#fault);
      return unread.length;
    }
    if (!this.isTaken) return undefined;
    try {
      return this.#reader.step(unread, 0, unread.length);
    } catch (error) {
      if (!(error instanceof ProtocolFault)) throw error;
      this.#fault = {
        reason: 'bad_request',
        detail: `The content of the request is faulty: ${error.message}`,
      };
      if (content.unwanted) this.#host.contentSpoilt();
      else this.break(this.#fault);
      return unread.length;
    }
  }

  /** The rest is not wanted. */
  abandon(): void {
    this.#content?.abandon();
  }

  /** What is missing will not come. */
  break(fault: StreamFault): void {
    const content = this.#content;
    if (content?.sink === undefined || this.#reader.over) return;
    const { sink } = content;
    content.sink = undefined;
    sink.broken(fault);
  }

  /** The request is done with. */
  forget(): void {
    this.#content = undefined;
  }

  bodyPart(source: Buffer, from: number, to: number): void {
    readAfresh(to - from);
    const content = this.#content;
    if (content?.sink === undefined) return;
    this.#host.contentArrives();
    if (!content.sink.data(source.subarray(from, to))) content.blocked = true;
  }

  bodyEnd(trailers: Fields): void {
    const sink = this.#content?.sink;
    if (this.#content !== undefined) this.#content.sink = undefined;
    sink?.end(trailers);
    this.#host.contentEnds();
  }

  readonly #onWanted = (): void => {
    if (this.#fault !== undefined) this.break(this.#fault);
    this.#host.contentWanted();
  };
}

/** The content of one request. */
class RequestContent implements Body {
  readonly length: number | undefined;
  readonly whole: Buffer | undefined;
  readonly #onWanted: () => void;
  sink: BodySink | undefined;
  /** The sink asked to wait. */
  blocked = false;
  /** The rest is not wanted. */
  unwanted = false;

  /** @param onWanted the connection may deliver, or throw away, more */
  constructor(length: number | undefined, whole: Buffer | undefined, onWanted: () => void) {
    this.length = length;
    this.whole = whole;
    this.#onWanted = onWanted;
  }

  deliver(sink: BodySink): void {
    this.sink = sink;
    this.#onWanted();
  }

  resume(): void {
    if (!this.blocked) return;
    this.blocked = false;
    this.#onWanted();
  }

  abandon(): void {
    this.sink = undefined;
    this.unwanted = true;
    this.blocked = false;
    this.#onWanted();
  }
}

// One request of a client that came as a stream of HTTP/2, and its response.
// Source: RFC 9113 §8 (HTTP messages), §5.1 (stream states), RFC 8441 (extended CONNECT).

import { randomBytes } from 'node:crypto';
import type { ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import type { Duplex } from 'node:stream';
import { recycle } from '../../net/slabs.ts';
import type { ClientTunnel, Exchange, ResponseWriter } from '../exchange.ts';
import type { Fields, RequestHead, ResponseHead } from '../message.ts';
import { CONTINUE } from '../message.ts';
import type { WireProgress } from '../progress.ts';
import { http2Fields } from './fields.ts';
import { StreamContent } from './request-content.ts';
import { StreamProgress, writeInParts } from './stream-progress.ts';

export interface StreamOrigin {
  /** Undefined over a unix socket. */
  readonly remoteAddress: string | undefined;
  readonly tunnelAuthority: string | undefined;
  readonly listenerService: string | undefined;
}

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;

const NO_CONTENT_STATUS = new Set([204, 205, 304]);
const NO_CONTENT_LENGTH_STATUS = new Set([204]);

/** What HTTP/1.1 needs for a WebSocket and HTTP/2 does not have (RFC 8441 §5). */
const WEBSOCKET = 'websocket';

export class StreamExchange implements Exchange, ResponseWriter {
  readonly head: RequestHead;
  readonly body: StreamContent | undefined;
  readonly remoteAddress: string | undefined;
  readonly tunnelAuthority: string | undefined;
  readonly listenerService: string | undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #progress: StreamProgress;
  #continued: boolean;
  #started = false;
  /** The response has no content, and its stream has been ended with its head. */
  #hasNoContent = false;
  #over = false;
  #gone = false;
  #trailers: Fields = [];
  #bytesWritten = 0;
  #onAbandoned: (() => void) | undefined;

  /** @param hasContent the client has not ended its side with the head */
  constructor(stream: ServerHttp2Stream, head: RequestHead, hasContent: boolean, origin: StreamOrigin) {
    const isWebSocket = head.upgrade?.toLowerCase() === WEBSOCKET;
    this.head = isWebSocket ? { ...head, fields: withHandshake(head.fields) } : head;
    this.remoteAddress = origin.remoteAddress;
    this.tunnelAuthority = origin.tunnelAuthority;
    this.listenerService = origin.listenerService;
    this.#stream = stream;
    this.#progress = new StreamProgress(stream);
    this.body =
      hasContent && head.upgrade === undefined && head.method !== 'CONNECT'
        ? new StreamContent(stream, this.#progress, lengthOf(head.fields))
        : undefined;
    this.#continued = head.expectation !== CONTINUE || this.body === undefined;
    // What is wrong with it shows in its closing.
    stream.on('error', () => {});
    stream.on('close', () => this.#closed());
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get progress(): WireProgress {
    return this.#progress;
  }

  onAbandoned(listener: () => void): void {
    this.#onAbandoned = listener;
    if (this.#gone) listener();
  }

  onDrain(listener: () => void): void {
    this.#stream.on('drain', listener);
  }

  continueBody(): void {
    if (this.#continued || this.#started || this.#cannotWrite) return;
    this.#continued = true;
    this.#stream.additionalHeaders({ ':status': 100 });
  }

  inform({ status, fields }: ResponseHead): void {
    if (this.#started || this.#cannotWrite) return;
    const { 'content-length': _, ...interim } = http2Fields(fields);
    this.#stream.additionalHeaders({ ...interim, ':status': status });
  }

  respond({ status, fields }: ResponseHead): ResponseWriter {
    if (this.#started) throw new Error('a response has been begun already');
    this.#started = true;
    if (this.#cannotWrite) return this;
    const headers = http2Fields(fields);
    if (NO_CONTENT_LENGTH_STATUS.has(status)) delete headers['content-length'];
    headers[':status'] = status;
    const length = headers['content-length'];
    this.#hasNoContent = this.head.method === 'HEAD' || NO_CONTENT_STATUS.has(status) || length === '0';
    this.#stream.respond(headers, {
      endStream: this.#hasNoContent,
      // Trailers come behind content of any length, but the frame that carries the end alone is only needed for them.
      waitForTrailers: !this.#hasNoContent && length === undefined,
    });
    if (!this.#hasNoContent && length === undefined) {
      this.#stream.on('wantTrailers', () => this.#stream.sendTrailers(http2Fields(this.#trailers)));
    }
    return this;
  }

  data(chunk: Buffer): boolean {
    if (this.#hasNoContent || this.#cannotWrite || chunk.length === 0) return true;
    this.#bytesWritten += chunk.length;
    return writeInParts(this.#stream, this.#progress, chunk, () => recycle(chunk));
  }

  end(trailers: Fields): void {
    if (this.#over) return;
    this.#over = true;
    this.#trailers = trailers;
    if (this.#gone) return;
    if (!this.#hasNoContent) this.#stream.end();
    // RFC 9113 §8.1: the response is complete, and what is still to come of the request is not wanted.
    if (this.body !== undefined && !this.body.ended) this.#stream.close(NGHTTP2_NO_ERROR);
  }

  broken(): void {
    this.reset();
  }

  flush(): void {}

  get taken(): boolean {
    return this.#hasNoContent || this.#stream.writableFinished;
  }

  onTaken(listener: (whole: boolean) => void): void {
    if (this.#gone) {
      listener(this.taken);
      return;
    }
    let heard = false;
    const once = (whole: boolean): void => {
      if (heard) return;
      heard = true;
      listener(whole);
    };
    this.#stream.once('finish', () => once(true));
    this.#stream.once('close', () => once(this.#stream.writableFinished));
  }

  tunnel({ fields }: ResponseHead): Duplex {
    this.#started = true;
    this.#over = true;
    const { 'sec-websocket-accept': _, 'content-length': __, ...headers } = http2Fields(fields);
    if (!this.#cannotBegin) this.#stream.respond({ ...headers, ':status': 200 });
    return this.#stream;
  }

  lookInside(tunnel: ClientTunnel): void {
    const stream = this.tunnel({ status: 200, reasonPhrase: '', fields: [] });
    // A stream cannot be read as a connection again: it carries bytes.
    tunnel.carriesBytes(stream, undefined);
  }

  reset(): void {
    if (this.#gone) return;
    this.#over = true;
    this.#stream.close(NGHTTP2_INTERNAL_ERROR);
  }

  destroy(): void {
    this.#over = true;
    if (!this.#gone) this.#stream.close(NGHTTP2_CANCEL);
  }

  get #cannotBegin(): boolean {
    return this.#gone || this.#stream.destroyed || this.#stream.headersSent;
  }

  get #cannotWrite(): boolean {
    return this.#over || this.#gone || this.#stream.destroyed || this.#stream.closed;
  }

  #closed(): void {
    this.#gone = true;
    this.body?.broken({ reason: 'client_gone', detail: 'the client reset its request' });
    if (this.#over) return;
    this.#over = true;
    this.#onAbandoned?.();
  }
}

function withHandshake(fields: Fields): Fields {
  const key = randomBytes(16).toString('base64');
  const version = fields.includes('sec-websocket-version') ? [] : ['sec-websocket-version', '13'];
  return [...fields, ...version, 'sec-websocket-key', key];
}

function lengthOf(fields: Fields): number | undefined {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (fields[i] === 'content-length') return Number(fields[i + 1]);
  }
  return undefined;
}

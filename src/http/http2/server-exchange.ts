// One request of an HTTP/2 connection, and its response.
// Source: RFC 9113 §8.1 (messages), §5.1 (streams), §8.1.1 (early responses), RFC 8441 (protocol switches).

import { randomBytes } from 'node:crypto';
import type { OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { ConnectionStream } from '../../net/connection-stream.ts';
import { recycle } from '../../net/slabs.ts';
import type { Body } from '../body.ts';
import type { ClientTunnel, Exchange, ResponseWriter } from '../exchange.ts';
import type { Fields, RequestHead, ResponseHead } from '../message.ts';
import { CONTINUE } from '../message.ts';
import type { WireProgress } from '../progress.ts';
import { allowedHttp2Trailers } from '../trailers.ts';
import { closeStream } from './close-stream.ts';
import { http2Fields } from './fields.ts';
import { CANCEL, CONNECT_ERROR, INTERNAL_ERROR } from './node-http2.ts';
import { releaseRequest } from './release-request.ts';
import { LEFT, StreamContent } from './request-content.ts';
import { StreamTunnel } from './stream-tunnel.ts';

/** The connection, as its exchanges see it. */
export interface StreamHost {
  readonly remoteAddress: string | undefined;
  readonly service: string | undefined;
  /** The host of the CONNECT in whose tunnel this is; undefined outside of one. */
  readonly tunnelAuthority: string | undefined;
  /** The value of Date for a message made now. */
  date(): string;
  /** What the connection's peer has not acknowledged, where that can be said of this stream. */
  unacknowledged(): Promise<number | undefined>;
  /** Something was sent to the client. */
  wrote(): void;
  /** Bytes of content have been read. */
  read(bytes: number): void;
  /** A CONNECT was granted: what comes on the stream may be anything. */
  lookInside(stream: ConnectionStream, tunnel: ClientTunnel): void;
  /** The stream is closed. @param early the client reset it before the head of its response */
  ended(exchange: StreamExchange, early: boolean): void;
  /** A handler threw. */
  guard(stream: ServerHttp2Stream, task: () => void): void;
}

/** The largest write: a slow client then takes bytes often enough to be seen to move. */
const PIECE_BYTES = 16 * 1024;

export class StreamExchange implements Exchange, ResponseWriter, WireProgress {
  readonly head: RequestHead;
  readonly body: Body | undefined;
  readonly listenerService: string | undefined;
  readonly tunnelAuthority: string | undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #host: StreamHost;
  readonly #endsAtOnce: boolean;
  readonly #content: StreamContent | undefined;
  #pendingHead: ResponseHead | undefined;
  #started = false;
  #over = false;
  /** We ended the stream before its request was whole, which looks like the end of its content. */
  #cut = false;
  #hasContent = true;
  #trailers: Fields = [];
  #continued: boolean;
  #bytesWritten = 0;
  #bytesTaken = 0;
  #bytesTunnelled = 0;
  #onAbandoned: (() => void) | undefined;
  #onDrain: (() => void) | undefined;

  constructor(stream: ServerHttp2Stream, head: RequestHead, endsAtOnce: boolean, host: StreamHost) {
    this.#stream = stream;
    this.head = head.upgrade?.toLowerCase() === 'websocket' ? withHandshake(head) : head;
    this.#host = host;
    this.listenerService = host.service;
    this.tunnelAuthority = host.tunnelAuthority;
    this.#endsAtOnce = endsAtOnce;
    const isTunnel = head.upgrade !== undefined || head.method === 'CONNECT';
    this.#content =
      endsAtOnce || isTunnel
        ? undefined
        : new StreamContent(stream, lengthOf(head.fields), (bytes) => host.read(bytes));
    this.body = this.#content;
    this.#continued = head.expectation !== CONTINUE || this.#content === undefined;
    stream.on('close', () => host.guard(stream, () => this.#closed()));
    stream.on('drain', () => host.guard(stream, () => this.#drained()));
  }

  get remoteAddress(): string | undefined {
    return this.#host.remoteAddress;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  /** What the client had sent already when its stream ended may be on its way. */
  get mayStillCome(): boolean {
    return this.#cut || (!this.#endsAtOnce && this.#content?.over !== true);
  }

  get progress(): WireProgress {
    return this;
  }

  get moved(): number {
    return (this.#content?.received ?? 0) + this.#bytesTaken + this.#bytesTunnelled;
  }

  get writing(): boolean {
    return this.#bytesWritten > this.#bytesTaken;
  }

  unacknowledged(): Promise<number | undefined> {
    return this.#host.unacknowledged();
  }

  onAbandoned(listener: () => void): void {
    this.#onAbandoned = listener;
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  continueBody(): void {
    if (this.#continued || this.#started || !this.#writable) return;
    this.#continued = true;
    this.#stream.additionalHeaders({ ':status': 100 });
  }

  inform({ status, fields }: ResponseHead): void {
    if (this.#started || !this.#writable) return;
    const sent = headOf(status, fields);
    delete sent['content-length'];
    this.#stream.additionalHeaders(sent);
  }

  respond(head: ResponseHead): ResponseWriter {
    if (this.#started) throw new Error('a response has been begun already');
    this.#started = true;
    this.#pendingHead = head;
    this.#hasContent = this.head.method !== 'HEAD' && !WITHOUT_CONTENT.has(head.status);
    return this;
  }

  data(chunk: Buffer): boolean {
    if (this.#over || !this.#hasContent || chunk.length === 0 || !this.#writable) return true;
    this.flush();
    this.#bytesWritten += chunk.length;
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) this.#write(chunk, at);
    return !this.#stream.writableNeedDrain;
  }

  end(trailers: Fields): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#writable) return;
    this.#trailers = allowedHttp2Trailers(trailers);
    if (this.#pendingHead !== undefined)
      this.#sendHead(this.#trailers.length > 0, this.#trailers.length === 0);
    if (!this.#stream.writableEnded) this.#stream.end();
    this.#releaseRequest();
  }

  broken(): void {
    this.reset();
  }

  reset(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stop(INTERNAL_ERROR);
  }

  destroy(): void {
    this.#over = true;
    this.#stop(CANCEL);
  }

  flush(): void {
    if (this.#pendingHead !== undefined && !this.#over && this.#writable) this.#sendHead(true, false);
  }

  get taken(): boolean {
    return this.#stream.writableFinished;
  }

  onTaken(listener: (whole: boolean) => void): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.writableFinished) {
      listener(stream.writableFinished);
      return;
    }
    let heard = false;
    const settle = (whole: boolean): void => {
      if (heard) return;
      heard = true;
      this.#host.guard(stream, () => listener(whole));
    };
    stream.once('finish', () => settle(!stream.aborted));
    stream.once('close', () => settle(stream.writableFinished && !stream.aborted));
  }

  tunnel({ status, fields }: ResponseHead): ConnectionStream {
    this.#started = true;
    this.#over = true;
    // RFC 8441 §5: what HTTP/1.1 says by 101 is a success here, and has no key to confirm.
    const sent = headOf(status === 101 ? 200 : status, fields);
    delete sent['sec-websocket-accept'];
    delete sent['content-length'];
    if (this.#writable) this.#stream.respond(sent);
    return new StreamTunnel(this.#stream, {
      remoteAddress: this.remoteAddress,
      resetCode: this.head.upgrade === undefined ? CONNECT_ERROR : CANCEL,
      moved: (bytes) => {
        this.#bytesTunnelled += bytes;
        this.#host.read(bytes);
      },
    });
  }

  lookInside(tunnel: ClientTunnel): void {
    this.#host.lookInside(this.tunnel({ status: 200, reasonPhrase: '', fields: [] }), tunnel);
  }

  get #writable(): boolean {
    return !this.#stream.destroyed && !this.#stream.closed;
  }

  /** @param trailersMayFollow END_STREAM waits for what the end says; @param ends there is no content at all */
  #sendHead(trailersMayFollow: boolean, ends: boolean): void {
    const { status, fields } = this.#pendingHead as ResponseHead;
    this.#pendingHead = undefined;
    this.#host.wrote();
    const sent = headOf(status, fields);
    sent.date ??= this.#host.date();
    // RFC 9110 §8.6: not with a status that has no content by its definition.
    if (status === 204) delete sent['content-length'];
    const waitForTrailers = trailersMayFollow && this.#hasContent;
    if (waitForTrailers) {
      this.#stream.on('wantTrailers', () => this.#host.guard(this.#stream, () => this.#sendTrailers()));
    }
    this.#stream.respond(sent, { waitForTrailers, endStream: ends });
  }

  #sendTrailers(): void {
    if (this.#writable) this.#stream.sendTrailers(http2Fields(this.#trailers));
  }

  #write(chunk: Buffer, at: number): void {
    const end = Math.min(at + PIECE_BYTES, chunk.length);
    const piece = at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end);
    this.#host.wrote();
    this.#stream.write(piece, () => {
      this.#bytesTaken += piece.length;
      if (end === chunk.length) recycle(chunk);
    });
  }

  /** RFC 9113 §8.1: a response that is whole before its request ends asks the client to stop, without an error. */
  #releaseRequest(): void {
    if (this.#content === undefined || this.#content.over) return;
    this.#content.abandon();
    releaseRequest(this.#stream, () => {
      this.#cut = true;
    });
  }

  #stop(code: number): void {
    this.#cut = this.mayStillCome;
    this.#pendingHead = undefined;
    closeStream(this.#stream, code);
  }

  #drained(): void {
    if (!this.#over) this.#onDrain?.();
  }

  #closed(): void {
    const left = !this.#over;
    this.#over = true;
    this.#pendingHead = undefined;
    this.#host.ended(this, left && !this.#started);
    this.#content?.broken(LEFT);
    if (left) this.#onAbandoned?.();
  }
}

function headOf(status: number, fields: Fields): OutgoingHttpHeaders {
  const sent: OutgoingHttpHeaders = http2Fields(fields);
  sent[':status'] = status;
  return sent;
}

/** What the handshake has in HTTP/1.1, and not in HTTP/2 (RFC 6455 §4.1, RFC 8441 §5). */
function withHandshake(head: RequestHead): RequestHead {
  const fields = [...head.fields, 'sec-websocket-key', randomBytes(16).toString('base64')];
  if (!head.fields.includes('sec-websocket-version')) fields.push('sec-websocket-version', '13');
  return { ...head, fields };
}

function lengthOf(fields: Fields): number | undefined {
  const at = fields.findIndex((name, i) => i % 2 === 0 && name === 'content-length');
  return at === -1 ? undefined : Number(fields[at + 1]);
}

const WITHOUT_CONTENT = new Set([204, 205, 304]);

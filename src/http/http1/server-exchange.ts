// One request of a client's connection, and its response as HTTP/1.1 writes it.
// Source: RFC 9112 §6 (message body), §7.1 (chunked), §9 (connections), RFC 9110 §8.6, §15.2.

import type { ConnectionStream } from '../../net/connection-stream.ts';
import { recycle } from '../../net/slabs.ts';
import type { Body } from '../body.ts';
import type { ClientTunnel, Exchange, ResponseWriter } from '../exchange.ts';
import type { Fields, ResponseHead } from '../message.ts';
import { CONTINUE } from '../message.ts';
import type { WireProgress } from '../progress.ts';
import { JOINED_BYTES, lastChunk, writeChunk, writeCounted } from './body-writer.ts';
import { dateField, statusLine } from './fixed-text.ts';
import { listHas } from './grammar.ts';
import type { ParsedRequest } from './request-line.ts';

/** The connection, as its exchange sees it. */
export interface ExchangeHost {
  readonly socket: ConnectionStream;
  readonly progress: WireProgress;
  readonly remoteAddress: string | undefined;
  /** The host of the CONNECT in whose tunnel requests come; undefined outside of one. */
  readonly tunnelAuthority: string | undefined;
  /** Milliseconds since the Unix epoch. */
  wallTime(): number;
  /** Whether the connection can carry another request behind this one. */
  canPersist(): boolean;
  /** The field lines which say that the connection is kept, each with its line end, without the empty line. */
  readonly keepAliveFields: string;
  /** The response has been written. @param persists whether the client was led to expect another */
  responded(persists: boolean): void;
  /** The connection is not HTTP any more. @returns the socket, with what was read ahead back in it */
  switched(): ConnectionStream;
  /** The connection is not HTTP any more, unless what comes next shows that it is. */
  lookInside(tunnel: ClientTunnel): void;
  /** Ends the connection so that what was sent is no whole response. @param abruptly by a reset */
  broken(abruptly: boolean): void;
}

type Framing = 'none' | 'counted' | 'chunked' | 'close';

const NO_CONTENT_STATUS = new Set([204, 304]);

export class ServerExchange implements Exchange, ResponseWriter {
  readonly head: ParsedRequest;
  readonly body: Body | undefined;
  readonly listenerService: string | undefined;
  readonly #host: ExchangeHost;
  #framing: Framing = 'none';
  /** The head, for as long as it has not left. */
  #pendingHead = '';
  /** The first small part of the content, for as long as the head has not left. */
  #held: Buffer | undefined;
  #started = false;
  #over = false;
  #persists = false;
  #continued: boolean;
  #bytesWritten = 0;
  #onAbandoned: (() => void) | undefined;
  #onDrain: (() => void) | undefined;

  constructor(head: ParsedRequest, body: Body | undefined, host: ExchangeHost, service: string | undefined) {
    this.head = head;
    this.body = body;
    this.listenerService = service;
    this.#host = host;
    this.#continued = head.expectation !== CONTINUE || body === undefined || body.whole !== undefined;
  }

  get remoteAddress(): string | undefined {
    return this.#host.remoteAddress;
  }

  get tunnelAuthority(): string | undefined {
    return this.#host.tunnelAuthority;
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  get progress(): WireProgress {
    return this.#host.progress;
  }

  /** The head of the final response has been given. */
  get started(): boolean {
    return this.#started;
  }

  /** Nothing more will be written. */
  get over(): boolean {
    return this.#over;
  }

  onAbandoned(listener: () => void): void {
    this.#onAbandoned = listener;
  }

  onDrain(listener: () => void): void {
    this.#onDrain = listener;
  }

  /** The connection is gone, or the client can not make its request whole any more. */
  abandoned(): void {
    if (this.#over) return;
    this.#over = true;
    this.#onAbandoned?.();
  }

  drained(): void {
    if (!this.#over) this.#onDrain?.();
  }

  /** Content arrived before it was asked for. */
  contentArrives(): void {
    this.#continued = true;
  }

  continueBody(): void {
    if (this.#continued || this.#started || this.#over) return;
    this.#continued = true;
    this.#host.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
  }

  inform({ status, reasonPhrase, fields }: ResponseHead): void {
    // A client of HTTP/1.0 knows no interim responses (RFC 9110 §15.2).
    if (this.head.version === '1.0' || this.#started || this.#over) return;
    this.#host.socket.write(`${statusLine(status, reasonPhrase)}${interimLines(fields)}\r\n`, 'latin1');
  }

  respond({ status, reasonPhrase, fields }: ResponseHead): ResponseWriter {
    if (this.#started) throw new Error('a response has been begun already');
    this.#started = true;
    let text = statusLine(status, reasonPhrase);
    let counted = false;
    let dated = false;
    let trailer = '';
    let closes = false;
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = fields[i] as string;
      const value = fields[i + 1] as string;
      switch (name.length) {
        case 4:
          dated ||= name.toLowerCase() === 'date';
          break;
        case 7:
          if (name.toLowerCase() !== 'trailer') break;
          trailer += `${name}: ${value}\r\n`;
          continue;
        case 10:
          if (name.toLowerCase() !== 'connection') break;
          closes ||= listHas(value, 'close');
          continue;
        case 14:
          if (name.toLowerCase() !== 'content-length') break;
          // RFC 9110 §8.6: not with a status that has no content by its definition.
          if (status === 204) continue;
          counted = true;
          break;
      }
      text += `${name}: ${value}\r\n`;
    }
    if (!dated) text += dateField(this.#host.wallTime());
    this.#framing = this.#framingOf(status, counted);
    if (this.#framing === 'chunked') text += `transfer-encoding: chunked\r\n${trailer}`;
    this.#persists = !closes && this.#framing !== 'close' && this.head.persistent && this.#host.canPersist();
    text += this.#persists ? this.#host.keepAliveFields : 'connection: close\r\n';
    this.#pendingHead = `${text}\r\n`;
    return this;
  }

  #framingOf(status: number, counted: boolean): Framing {
    if (this.head.method === 'HEAD' || NO_CONTENT_STATUS.has(status)) return 'none';
    if (counted) return 'counted';
    // HTTP/1.0 knows no chunks: without a length the end of the connection is the end of the content.
    return this.head.version === '1.0' ? 'close' : 'chunked';
  }

  data(chunk: Buffer): boolean {
    if (this.#over || this.#framing === 'none' || chunk.length === 0) return true;
    this.#bytesWritten += chunk.length;
    if (this.#pendingHead !== '' && this.#held === undefined && chunk.length <= JOINED_BYTES) {
      this.#held = chunk;
      return true;
    }
    this.#flushHeld();
    this.#write(chunk);
    return !this.#host.socket.writableNeedDrain;
  }

  end(trailers: Fields): void {
    if (this.#over) return;
    this.#over = true;
    const { socket } = this.#host;
    let tail = '';
    if (this.#held !== undefined) {
      const held = this.#held.toString('latin1');
      tail = this.#framing === 'chunked' ? `${this.#held.length.toString(16)}\r\n${held}\r\n` : held;
    }
    if (this.#framing === 'chunked') tail += lastChunk(trailers);
    const text = this.#pendingHead + tail;
    this.#forget();
    if (text !== '') socket.write(text, 'latin1');
    this.#host.responded(this.#persists);
  }

  broken(): void {
    this.reset();
  }

  reset(): void {
    if (this.#over) return;
    this.#over = true;
    // What came so far may help to see what happened; no part of a response that was never begun leaves.
    if (this.#pendingHead !== '' || this.#held !== undefined) this.#flushHeld();
    this.#forget();
    // Content that ends with its connection looks whole after an orderly close: only a reset says otherwise.
    this.#host.broken(this.#framing === 'close');
  }

  get taken(): boolean {
    return this.#host.socket.writableLength === 0;
  }

  onTaken(listener: (whole: boolean) => void): void {
    const { socket } = this.#host;
    if (socket.writableEnded) onceFinished(socket, listener);
    // An empty write is done when those before it are.
    else socket.write('', 'latin1', (error) => listener(error === undefined || error === null));
  }

  destroy(): void {
    this.#over = true;
    this.#forget();
    this.#host.socket.destroy();
  }

  flush(): void {
    if (!this.#over) this.#flushHeld();
  }

  tunnel({ status, reasonPhrase, fields }: ResponseHead): ConnectionStream {
    this.#started = true;
    this.#over = true;
    const socket = this.#host.switched();
    socket.write(`${statusLine(status, reasonPhrase)}${interimLines(fields)}\r\n`, 'latin1');
    return socket;
  }

  lookInside(tunnel: ClientTunnel): void {
    this.#started = true;
    this.#over = true;
    this.#host.socket.write(`${statusLine(200, '')}\r\n`, 'latin1');
    this.#host.lookInside(tunnel);
  }

  #flushHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) {
      this.#write(held);
    } else if (this.#pendingHead !== '') {
      this.#host.socket.write(this.#pendingHead, 'latin1');
      this.#pendingHead = '';
    }
  }

  #write(chunk: Buffer): void {
    const head = this.#pendingHead;
    this.#pendingHead = '';
    const onTaken = chunk.length > JOINED_BYTES ? () => recycle(chunk) : undefined;
    if (this.#framing === 'chunked') writeChunk(this.#host.socket, head, chunk, onTaken);
    else writeCounted(this.#host.socket, head, chunk, onTaken);
  }

  #forget(): void {
    this.#pendingHead = '';
    this.#held = undefined;
  }
}

/** The last response of a connection is followed by its end: a write after that would break it. */
function onceFinished(socket: ConnectionStream, listener: (whole: boolean) => void): void {
  if (socket.writableFinished || socket.destroyed) {
    listener(socket.writableFinished);
    return;
  }
  const settle = (): void => {
    socket.off('finish', settle);
    socket.off('close', settle);
    listener(socket.writableFinished);
  };
  socket.on('finish', settle);
  socket.on('close', settle);
}

/** An interim response has no content, and must not say how long it is (RFC 9110 §8.6). */
function interimLines(fields: Fields): string {
  let text = '';
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name.toLowerCase() !== 'content-length') text += `${name}: ${fields[i + 1]}\r\n`;
  }
  return text;
}

// One request of node:http as the proxy sees it, and the answer written back through it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import type { RawHeaders } from '../http/attempt.ts';
import type { Exchange } from '../http/exchange.ts';
import { STATUS_CODES } from '../http/node-http.ts';
import { headerCount } from '../proxy/headers.ts';

/** Bodies up to this size leave in one write with their head: joining costs less than a second segment. */
const JOINED_BODY_BYTES = 16 * 1024;

/** What the listener knows of a request beside the message itself. */
export interface HttpExchangeOptions {
  readonly listenerService: string | undefined;
  /** The caller waits for 100 Continue. */
  readonly expectsContinue: boolean;
  /** Set for a connection whose caller asked to switch protocols. */
  readonly upgrade: string | undefined;
}

export class HttpExchange implements Exchange {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: HttpExchangeOptions;
  /** The first small part of the body, for as long as its head has not left. */
  #held: Buffer | undefined;
  #flushed = false;
  #endsWithConnection = false;
  #bytesWritten = 0;
  #switched = false;
  #onAbandoned: (() => void) | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, options: HttpExchangeOptions) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
  }

  get method(): string {
    return this.#request.method ?? '';
  }

  get target(): string {
    return this.#request.url ?? '';
  }

  get httpVersion(): string {
    return this.#request.httpVersion;
  }

  get headers(): RawHeaders {
    return this.#request.rawHeaders;
  }

  get remoteAddress(): string | undefined {
    return this.#request.socket.remoteAddress;
  }

  get listenerService(): string | undefined {
    return this.#options.listenerService;
  }

  get upgrade(): string | undefined {
    return this.#options.upgrade;
  }

  get body(): Readable | null {
    const { headers } = this.#request;
    const framed = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
    return framed ? this.#request : null;
  }

  get bodyLength(): number | undefined {
    const length = this.#request.headers['content-length'];
    return length === undefined ? undefined : Number(length);
  }

  get bytesWritten(): number {
    return this.#bytesWritten;
  }

  onAbandoned(listener: () => void): void {
    this.#onAbandoned = listener;
  }

  /** The listener's word that the answer is over, whole or not. */
  closed(): void {
    if (!this.#response.writableFinished && !this.#switched) this.#onAbandoned?.();
  }

  continueBody(): void {
    if (this.#options.expectsContinue) this.#response.writeContinue();
  }

  informational(status: number, headers: RawHeaders): void {
    // A caller of HTTP/1.0 knows no interim responses (RFC 9110 §15.2).
    if (this.#request.httpVersion === '1.0' || this.#response.headersSent) return;
    this.#response.writeInformation(status, [...headers]);
  }

  start(status: number, statusText: string, headers: RawHeaders): void {
    // HTTP/1.0 knows no chunks: without a length the end of the connection is the end of the body.
    this.#endsWithConnection =
      this.#request.httpVersion === '1.0' && headerCount(headers, 'content-length') === 0;
    const reason = statusText === '' ? (STATUS_CODES[status] ?? '') : statusText;
    this.#response.writeHead(status, reason, headers as string[]);
  }

  write(chunk: Buffer): boolean {
    this.#bytesWritten += chunk.length;
    if (!this.#flushed && this.#held === undefined && chunk.length <= JOINED_BODY_BYTES) {
      this.#held = chunk;
      return true;
    }
    this.flush();
    return this.#response.write(chunk);
  }

  onDrain(listener: () => void): void {
    this.#response.once('drain', listener);
  }

  end(trailers: RawHeaders): void {
    if (trailers.length > 0) this.#response.addTrailers(pairs(trailers));
    const held = this.#held;
    this.#held = undefined;
    this.#flushed = true;
    if (held === undefined) this.#response.end();
    else this.#response.end(held.toString('latin1'), 'latin1');
  }

  abort(): void {
    const socket = this.#response.socket;
    if (socket === null || socket.destroyed) return;
    this.flush();
    // A body that ends with its connection looks whole after an orderly close: only a reset says otherwise.
    if (this.#endsWithConnection) socket.resetAndDestroy();
    else socket.destroySoon();
  }

  flush(): void {
    if (this.#flushed) return;
    this.#flushed = true;
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) this.#response.flushHeaders();
    else this.#response.write(held);
  }

  switchProtocols(statusText: string, headers: RawHeaders): Duplex {
    this.#switched = true;
    const socket = this.#response.socket as Socket;
    this.#response.detachSocket(socket);
    let head = `HTTP/1.1 101 ${statusText}\r\n`;
    for (let i = 0; i + 1 < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`;
    socket.write(`${head}\r\n`, 'latin1');
    return socket;
  }
}

function pairs(raw: RawHeaders): [string, string][] {
  const result: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) result.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return result;
}

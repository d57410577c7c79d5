// One attempt on the wire: undici's handler on one side, our attempt and response on the other, in one object,
// because a request makes one of these.

import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type {
  Attempt,
  AttemptObserver,
  RawHeaders,
  ResponseSink,
  TransportFailure,
  UpstreamResponse,
} from './transport.ts';
import { toTransportFailure } from './transport-failure.ts';

/** How many bytes of a body wait for a sink before the upstream is asked to wait. */
const PENDING_BYTES = 64 * 1024;

const NO_HEADERS: RawHeaders = [];

const NOT_WANTED: TransportFailure = {
  reason: 'client_gone',
  neverSent: false,
  detail: 'the rest of the response was not wanted',
};

export class UndiciAttempt implements Dispatcher.DispatchHandler, Attempt, UpstreamResponse {
  status = 0;
  statusText = '';
  headers: RawHeaders = NO_HEADERS;

  readonly #observer: AttemptObserver;
  readonly #singleWrite: boolean;
  #controller: Dispatcher.DispatchController | undefined;
  #sink: ResponseSink | undefined;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #trailers: RawHeaders | undefined;
  #failure: TransportFailure | undefined;
  #responding = false;
  #closed = false;

  constructor(observer: AttemptObserver, singleWrite: boolean) {
    this.#observer = observer;
    this.#singleWrite = singleWrite;
  }

  cancel(failure: TransportFailure): void {
    if (this.#closed) return;
    this.#failure = failure;
    this.#close(failure);
    this.#controller?.abort(new Error(failure.detail));
    this.#sink?.broken(failure);
  }

  deliver(sink: ResponseSink): void {
    this.#sink = sink;
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    let keepsUp = true;
    for (const chunk of pending) keepsUp = sink.data(chunk);
    if (this.#trailers !== undefined) sink.end(this.#trailers);
    else if (this.#failure !== undefined) sink.broken(this.#failure);
    else if (keepsUp) this.#controller?.resume();
  }

  resume(): void {
    this.#controller?.resume();
  }

  abandon(failure: TransportFailure = NOT_WANTED): void {
    this.#sink = undefined;
    this.cancel(failure);
  }

  /** For a request that undici refuses to send: the observer hears of it after `send` has returned. */
  failSoon(error: unknown): void {
    queueMicrotask(() => this.onResponseError(undefined, error));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== undefined) controller.abort(new Error(this.#failure.detail));
    else this.#observer.sending();
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    socket: Duplex,
  ): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    this.#responding = true;
    const headers = decode(controller.rawHeaders);
    this.#observer.upgraded({ status, statusText: 'Switching Protocols', headers }, socket);
    this.#close(undefined);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText?: string,
  ): void {
    if (this.#closed) return;
    const headers = decode(controller.rawHeaders);
    if (status < 200) {
      this.#observer.informational({ status, statusText: statusText ?? '', headers });
      return;
    }
    this.#responding = true;
    this.status = status;
    this.statusText = statusText ?? '';
    this.headers = headers;
    this.#observer.head(this);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#sink !== undefined) {
      if (!this.#sink.data(chunk)) controller.pause();
      return;
    }
    this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes >= PENDING_BYTES) controller.pause();
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#closed) return;
    this.#trailers = decode(controller.rawTrailers);
    this.#close(undefined);
    this.#sink?.end(this.#trailers);
  }

  onResponseError(_controller: unknown, error: unknown): void {
    if (this.#closed) return;
    this.#failure = toTransportFailure(error, {
      started: this.#controller !== undefined,
      responding: this.#responding,
      singleWrite: this.#singleWrite,
    });
    this.#close(this.#failure);
    this.#sink?.broken(this.#failure);
  }

  #close(failure: TransportFailure | undefined): void {
    this.#closed = true;
    this.#observer.closed(failure);
  }
}

/** Field values are octets (RFC 9110 §5.5): latin1 keeps each of them. */
function decode(raw: Dispatcher.DispatchController['rawHeaders']): RawHeaders {
  if (!Array.isArray(raw)) return NO_HEADERS;
  const decoded = new Array<string>(raw.length);
  for (let i = 0; i < raw.length; i++) {
    const field = raw[i];
    decoded[i] = typeof field === 'string' ? field : (field?.toString('latin1') ?? '');
  }
  return decoded;
}

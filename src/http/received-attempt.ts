// What every attempt does on our side of the wire, whatever library or codec carries it: the head is reported at once, the
// body waits for its sink, and the end is reported once. One object for attempt and response, because a request makes one.

import type { Duplex } from 'node:stream';
import type {
  Attempt,
  AttemptObserver,
  ResponseHead,
  ResponseSink,
  TransportFailure,
  UpstreamResponse,
} from './attempt.ts';
import type { Fields } from './message.ts';
import type { WireProgress } from './progress.ts';

/** How many bytes of a body wait for a sink before the upstream is asked to wait. */
const PENDING_BYTES = 64 * 1024;

const NO_FIELDS: Fields = [];

const NOT_WANTED: TransportFailure = {
  reason: 'client_gone',
  neverSent: false,
  detail: 'the rest of the response was not wanted',
};

export abstract class ReceivedAttempt implements Attempt, UpstreamResponse {
  status = 0;
  reasonPhrase = '';
  fields: Fields = NO_FIELDS;

  readonly #observer: AttemptObserver;
  #sink: ResponseSink | undefined;
  #pending: Buffer[] | undefined;
  #pendingBytes = 0;
  #trailers: Fields | undefined;
  #failure: TransportFailure | undefined;
  #responding = false;
  #closed = false;

  constructor(observer: AttemptObserver) {
    this.#observer = observer;
  }

  /** Asks the upstream to wait with the body. */
  protected abstract pauseBody(): void;
  /** Lets the body go on, whether or not it was asked to wait. */
  protected abstract resumeBody(): void;
  /** Ends what is left of the exchange, with its connection. */
  protected abstract abort(): void;

  /** The observer has been notified of the end. */
  get closed(): boolean {
    return this.#closed;
  }

  /** The head of the response has come. */
  protected get responding(): boolean {
    return this.#responding;
  }

  /** Why it was ended, once it was. */
  protected get failure(): TransportFailure | undefined {
    return this.#failure;
  }

  cancel(failure: TransportFailure): void {
    if (this.#closed) return;
    this.#failure = failure;
    this.#close(failure);
    this.abort();
    this.#sink?.broken(failure);
  }

  deliver(sink: ResponseSink): void {
    this.#sink = sink;
    let keepsUp = true;
    const pending = this.#pending;
    if (pending !== undefined) {
      this.#pending = undefined;
      this.#pendingBytes = 0;
      for (const chunk of pending) keepsUp = sink.data(chunk);
    }
    if (this.#trailers !== undefined) sink.end(this.#trailers);
    else if (this.#failure !== undefined) sink.broken(this.#failure);
    else if (keepsUp) this.resumeBody();
  }

  resume(): void {
    if (!this.#closed) this.resumeBody();
  }

  abandon(failure: TransportFailure = NOT_WANTED): void {
    this.#sink = undefined;
    this.cancel(failure);
  }

  abstract get progress(): WireProgress | undefined;

  protected sending(): void {
    this.#observer.sending();
  }

  protected requestSent(): void {
    if (!this.#closed && !this.#responding) this.#observer.sent();
  }

  protected informational(head: ResponseHead): void {
    if (!this.#closed) this.#observer.informational(head);
  }

  protected upgraded(head: ResponseHead, stream: Duplex, progress: WireProgress): void {
    this.#responding = true;
    this.#observer.upgraded(head, stream, progress);
    this.#close(undefined);
  }

  protected responded(status: number, reasonPhrase: string, fields: Fields): void {
    if (this.#closed) return;
    this.#responding = true;
    this.status = status;
    this.reasonPhrase = reasonPhrase;
    this.fields = fields;
    this.#observer.head(this);
  }

  /** @param chunk belongs to the sink from now on */
  protected received(chunk: Buffer): void {
    if (this.#sink !== undefined) {
      if (!this.#sink.data(chunk)) this.pauseBody();
      return;
    }
    if (this.#closed) return;
    if (this.#pending === undefined) this.#pending = [chunk];
    else this.#pending.push(chunk);
    this.#pendingBytes += chunk.length;
    if (this.#pendingBytes >= PENDING_BYTES) this.pauseBody();
  }

  protected ended(trailers: Fields): void {
    if (this.#closed) return;
    this.#trailers = trailers;
    this.#close(undefined, trailers);
    this.#sink?.end(trailers);
  }

  protected failed(failure: TransportFailure): void {
    if (this.#closed) return;
    this.#failure = failure;
    this.#close(failure);
    this.#sink?.broken(failure);
  }

  #close(failure: TransportFailure | undefined, trailers: Fields = NO_FIELDS): void {
    this.#closed = true;
    this.#observer.closed(failure, trailers);
  }
}

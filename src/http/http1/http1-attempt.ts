// One attempt over a connection of our own: waiting for it, on it, or done with it.

import type { Readable } from 'node:stream';
import type { AttemptObserver, AttemptRequest, RawHeaders, TransportFailure } from '../attempt.ts';
import { ReceivedAttempt } from '../received-attempt.ts';
import type { ParsedHead } from './response-head.ts';
import type { Waiter } from './waiting-line.ts';

/** What an attempt asks of whoever holds it at the moment. */
export interface AttemptHolder {
  pause(): void;
  resume(): void;
  /** The attempt is over, and nothing of it is to go on. */
  drop(attempt: Http1Attempt, detail: string): void;
}

/** What the caller began cannot become a whole request any more. */
export function brokenRequest(detail: string): TransportFailure {
  return { reason: 'client_gone', neverSent: false, detail };
}

export class Http1Attempt extends ReceivedAttempt implements Waiter<Http1Attempt> {
  ahead: Http1Attempt | undefined;
  behind: Http1Attempt | undefined;
  readonly method: string;
  /** To be written as latin1. */
  readonly head: string;
  readonly body: Buffer | Readable | null;
  /** Bytes of the body; undefined for one that is sent in chunks. */
  readonly length: number | undefined;
  #holder: AttemptHolder | undefined;

  constructor(
    { method, body }: AttemptRequest,
    head: string,
    length: number | undefined,
    observer: AttemptObserver,
  ) {
    super(observer);
    this.method = method;
    this.head = head;
    this.body = body;
    this.length = length;
    if (body !== null && !Buffer.isBuffer(body)) {
      // It may break off at any time, also before there is a connection to write it to.
      body.on('error', ({ message }) => this.cancel(brokenRequest(message)));
    }
  }

  heldBy(holder: AttemptHolder): void {
    this.#holder = holder;
  }

  /** A connection stands, and the request leaves. */
  leave(): void {
    this.sending();
  }

  tellInterim({ status, statusText, headers }: ParsedHead): void {
    this.informational({ status, statusText, headers });
  }

  tellHead({ status, statusText, headers }: ParsedHead): void {
    this.responded(status, statusText, headers);
  }

  tellData(chunk: Buffer): void {
    this.received(chunk);
  }

  /** The connection may carry another before this returns. */
  tellEnd(trailers: RawHeaders): void {
    this.#holder = undefined;
    this.ended(trailers);
  }

  fail(failure: TransportFailure): void {
    this.#holder = undefined;
    this.failed(failure);
  }

  protected override pauseBody(): void {
    this.#holder?.pause();
  }

  protected override resumeBody(): void {
    this.#holder?.resume();
  }

  protected override abort(detail: string): void {
    const holder = this.#holder;
    this.#holder = undefined;
    holder?.drop(this, detail);
  }
}

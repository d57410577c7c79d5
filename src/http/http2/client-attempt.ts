// One attempt over HTTP/2: waiting for a stream, on one, or done with it.

import type { Duplex } from 'node:stream';
import type { AttemptObserver, TransportFailure } from '../attempt.ts';
import type { Body, StreamFault } from '../body.ts';
import type { Waiter } from '../http1/waiting-line.ts';
import type { Fields, ResponseHead } from '../message.ts';
import type { WireProgress } from '../progress.ts';
import { ReceivedAttempt } from '../received-attempt.ts';
import { brokenRequest } from '../transport-failure.ts';
import type { Http2Fields } from './sent-fields.ts';

/** What an attempt asks of what holds it at the moment. */
export interface AttemptHolder {
  readonly progress: WireProgress | undefined;
  pause(): void;
  resume(): void;
  /** The attempt is over, and nothing of it is to go on. */
  drop(attempt: Http2Attempt, failure: TransportFailure | undefined): void;
}

export interface OutgoingRequest {
  readonly fields: Http2Fields;
  readonly body: Body | undefined;
  /** The key of a WebSocket's handshake (RFC 6455 §4.1); undefined for an ordinary request. */
  readonly tunnelKey: string | undefined;
}

export class Http2Attempt extends ReceivedAttempt implements Waiter<Http2Attempt> {
  ahead: Http2Attempt | undefined;
  behind: Http2Attempt | undefined;
  /** Monotonic milliseconds since when it waits for a stream. */
  waitsSince = 0;
  readonly request: OutgoingRequest;
  #holder: AttemptHolder | undefined;

  constructor(request: OutgoingRequest, observer: AttemptObserver) {
    super(observer);
    this.request = request;
  }

  override get progress(): WireProgress | undefined {
    return this.#holder?.progress;
  }

  heldBy(holder: AttemptHolder): void {
    this.#holder = holder;
  }

  /** A stream stands, and the request leaves. */
  leave(): void {
    this.sending();
  }

  /** The last byte of the request has been handed to the kernel. */
  left(): void {
    this.requestSent();
  }

  interim(head: ResponseHead): void {
    this.informational(head);
  }

  responseHead({ status, reasonPhrase, fields }: ResponseHead): void {
    this.responded(status, reasonPhrase, fields);
  }

  responseData(chunk: Buffer): void {
    this.received(chunk);
  }

  switchedTo(head: ResponseHead, stream: Duplex, progress: WireProgress): void {
    this.#holder = undefined;
    this.upgraded(head, stream, progress);
  }

  responseEnd(trailers: Fields): void {
    this.#holder = undefined;
    this.ended(trailers);
  }

  /** What the client began cannot become a whole request any more. */
  brokenRequest(fault: StreamFault): void {
    this.cancel(brokenRequest(fault));
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

  protected override abort(): void {
    const holder = this.#holder;
    this.#holder = undefined;
    holder?.drop(this, this.failure);
  }
}

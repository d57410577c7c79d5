// One attempt over a connection of our own: waiting for it, on it, or done with it.

import type { Duplex } from 'node:stream';
import type { AttemptObserver, AttemptRequest, TransportFailure } from '../attempt.ts';
import type { Body, StreamFault } from '../body.ts';
import type { Fields } from '../message.ts';
import type { WireProgress } from '../progress.ts';
import { ReceivedAttempt } from '../received-attempt.ts';
import { brokenRequest } from '../transport-failure.ts';
import type { ParsedHead } from './response-head.ts';
import type { Waiter } from './waiting-line.ts';

/** What an attempt asks of what holds it at the moment. */
export interface AttemptHolder {
  readonly progress: WireProgress | undefined;
  pause(): void;
  resume(): void;
  /** The attempt is over, and nothing of it is to go on. */
  drop(attempt: Http1Attempt): void;
}

export class Http1Attempt extends ReceivedAttempt implements Waiter<Http1Attempt> {
  ahead: Http1Attempt | undefined;
  behind: Http1Attempt | undefined;
  /** Monotonic milliseconds since when it waits for a connection. */
  waitsSince = 0;
  readonly method: string;
  /** Whether it asks to switch protocols. */
  readonly upgrade: boolean;
  /** To be written as latin1. */
  readonly head: string;
  readonly body: Body | undefined;
  #holder: AttemptHolder | undefined;

  constructor({ method, body, upgrade }: AttemptRequest, head: string, observer: AttemptObserver) {
    super(observer);
    this.method = method;
    this.head = head;
    this.body = body;
    this.upgrade = upgrade !== undefined;
  }

  override get progress(): WireProgress | undefined {
    return this.#holder?.progress;
  }

  heldBy(holder: AttemptHolder): void {
    this.#holder = holder;
  }

  /** A connection stands, and the request leaves. */
  leave(): void {
    this.sending();
  }

  /** The last byte of the request has been handed to the kernel. */
  left(): void {
    this.requestSent();
  }

  interim({ status, reasonPhrase, fields }: ParsedHead): void {
    this.informational({ status, reasonPhrase, fields });
  }

  responseHead({ status, reasonPhrase, fields }: ParsedHead): void {
    this.responded(status, reasonPhrase, fields);
  }

  responseData(chunk: Buffer): void {
    this.received(chunk);
  }

  switchedTo({ status, reasonPhrase, fields }: ParsedHead, stream: Duplex, progress: WireProgress): void {
    this.#holder = undefined;
    this.upgraded({ status, reasonPhrase, fields }, stream, progress);
  }

  /** The connection may carry another before this returns. */
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
    holder?.drop(this);
  }
}

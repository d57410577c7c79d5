// An attempt as undici's handler.

import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { AttemptObserver, RawHeaders } from '../http/attempt.ts';
import { ReceivedAttempt } from '../http/received-attempt.ts';
import { toTransportFailure } from '../http/transport-failure.ts';

export class UndiciAttempt extends ReceivedAttempt implements Dispatcher.DispatchHandler {
  readonly #singleWrite: boolean;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(observer: AttemptObserver, singleWrite: boolean) {
    super(observer);
    this.#singleWrite = singleWrite;
  }

  protected override pauseBody(): void {
    this.#controller?.pause();
  }

  protected override resumeBody(): void {
    this.#controller?.resume();
  }

  protected override abort(detail: string): void {
    this.#controller?.abort(new Error(detail));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.failure !== undefined) controller.abort(new Error(this.failure.detail));
    else this.sending();
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    socket: Duplex,
  ): void {
    if (this.closed) {
      socket.destroy();
      return;
    }
    const headers = decode(controller.rawHeaders);
    this.upgraded({ status, statusText: 'Switching Protocols', headers }, socket);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    statusText = '',
  ): void {
    const headers = decode(controller.rawHeaders);
    if (status < 200) this.informational({ status, statusText, headers });
    else this.responded(status, statusText, headers);
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    this.received(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    this.ended(decode(controller.rawTrailers));
  }

  onResponseError(_controller: unknown, error: unknown): void {
    this.failed(
      toTransportFailure(error, {
        started: this.#controller !== undefined,
        responding: this.responding,
        singleWrite: this.#singleWrite,
      }),
    );
  }
}

/** Field values are octets (RFC 9110 §5.5): latin1 keeps each of them. */
function decode(raw: Dispatcher.DispatchController['rawHeaders']): RawHeaders {
  if (!Array.isArray(raw)) return [];
  return raw.map((field) => (typeof field === 'string' ? field : field.toString('latin1')));
}

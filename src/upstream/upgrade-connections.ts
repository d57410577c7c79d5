// Undici, fetched for the first request that asks an endpoint to switch protocols: few ambassadors ever see one, and it
// takes several megabytes.

import { messageOf } from '../core/errors.ts';
import type {
  Attempt,
  AttemptObserver,
  AttemptRequest,
  EndpointConnections,
  TransportFailure,
} from '../http/attempt.ts';
import type { TransportOptions } from '../http/transport-options.ts';

export class UpgradeConnections implements EndpointConnections {
  readonly #loaded: Promise<EndpointConnections>;
  #connections: EndpointConnections | undefined;
  #closed = false;

  constructor(address: string, port: number, options: TransportOptions) {
    this.#loaded = import('./undici-connections.ts').then(({ UndiciConnections }) => {
      const connections = new UndiciConnections(address, port, options);
      this.#connections = connections;
      if (this.#closed) connections.close();
      return connections;
    });
  }

  get open(): number {
    return this.#connections?.open ?? 0;
  }

  send(request: AttemptRequest, observer: AttemptObserver): Attempt {
    const attempt = new LoadingAttempt(observer);
    this.#loaded.then(
      (connections) => attempt.start((told) => connections.send(request, told)),
      (error: unknown) => {
        attempt.cancel({ reason: 'connect_failure', neverSent: true, detail: messageOf(error) });
      },
    );
    return attempt;
  }

  close(): void {
    this.#closed = true;
    this.#connections?.close();
  }
}

/** An attempt that can be cancelled before there is anything to send it. */
class LoadingAttempt implements Attempt {
  readonly #observer: AttemptObserver;
  #started: Attempt | undefined;
  #cancelled = false;

  constructor(observer: AttemptObserver) {
    this.#observer = observer;
  }

  start(send: (observer: AttemptObserver) => Attempt): void {
    if (!this.#cancelled) this.#started = send(this.#observer);
  }

  cancel(failure: TransportFailure): void {
    if (this.#started !== undefined) {
      this.#started.cancel(failure);
    } else if (!this.#cancelled) {
      this.#cancelled = true;
      this.#observer.closed(failure);
    }
  }
}

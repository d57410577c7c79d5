// Connections of a version that is still being negotiated: what is sent meanwhile waits, and goes over them when they
// are there.

import type {
  Attempt,
  AttemptObserver,
  AttemptRequest,
  EndpointConnections,
  TransportFailure,
} from './attempt.ts';
import { NO_FIELDS } from './message.ts';
import type { WireProgress } from './progress.ts';

/** How many requests wait at most. */
const MAX_WAITING = 1_024;

export class LateConnections {
  readonly #waiting = new Set<LateAttempt>();

  /** Whether anything waits for them. */
  get isAwaited(): boolean {
    return this.#waiting.size > 0;
  }

  /** They are there. */
  arrived(connections: EndpointConnections): void {
    for (const attempt of this.#waiting) attempt.begin(connections);
    this.#waiting.clear();
  }

  /** There will be none. */
  failed(failure: TransportFailure): void {
    for (const attempt of [...this.#waiting]) attempt.cancel(failure);
  }

  send(request: AttemptRequest, observer: AttemptObserver): Attempt {
    const attempt = new LateAttempt(request, observer, () => this.#waiting.delete(attempt));
    this.#waiting.add(attempt);
    if (this.#waiting.size > MAX_WAITING) {
      attempt.cancel({
        reason: 'connection_limit',
        neverSent: true,
        detail: `${MAX_WAITING} requests wait for the first connection to the endpoint`,
      });
    }
    return attempt;
  }
}

class LateAttempt implements Attempt {
  readonly #request: AttemptRequest;
  readonly #observer: AttemptObserver;
  readonly #forget: () => void;
  #attempt: Attempt | undefined;
  #over = false;

  constructor(request: AttemptRequest, observer: AttemptObserver, forget: () => void) {
    this.#request = request;
    this.#observer = observer;
    this.#forget = forget;
  }

  get progress(): WireProgress | undefined {
    return this.#attempt?.progress;
  }

  begin(connections: EndpointConnections): void {
    this.#attempt = connections.send(this.#request, this.#observer);
  }

  cancel(failure: TransportFailure): void {
    if (this.#attempt !== undefined) {
      this.#attempt.cancel(failure);
      return;
    }
    if (this.#over) return;
    this.#over = true;
    this.#forget();
    this.#observer.closed(failure, NO_FIELDS);
  }
}

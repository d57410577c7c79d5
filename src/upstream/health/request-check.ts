// Checks that are requests, over the connections that the service's own requests take: what holds for those (TLS, the
// version of HTTP) holds for these.

import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type {
  Attempt,
  AttemptObserver,
  AttemptRequest,
  TransportFailure,
  UpstreamResponse,
} from '../../http/attempt.ts';
import { OF_THIS_SIDE } from '../../http/attempt.ts';
import type { Fields, ResponseHead } from '../../http/message.ts';
import type { BeginCheck } from './check.ts';
import type { CheckResult } from './check-result.ts';
import { failed, NO_RESULT } from './check-result.ts';

/** The content of a response beyond this is not waited for. */
const MOST_CONTENT_BYTES = 64 * 1024;

/** A whole response, or as much of it as was waited for. */
export interface CheckResponse {
  readonly head: ResponseHead;
  readonly content: Buffer;
  readonly trailers: Fields;
}

export interface RequestCheck {
  readonly request: AttemptRequest;
  readonly judge: (response: CheckResponse) => CheckResult;
}

export interface RequestCheckParts {
  readonly clock: Clock;
  /** Milliseconds from when the request leaves; connecting has a limit of its own. */
  readonly timeoutMs: number;
}

export function requestCheck(check: RequestCheck, parts: RequestCheckParts): BeginCheck {
  return (upstream, ended) => {
    const observer = new CheckObserver(check, parts, ended);
    observer.begin(upstream.connections.send(check.request, observer));
    return () => observer.giveUp();
  };
}

class CheckObserver implements AttemptObserver {
  readonly #check: RequestCheck;
  readonly #parts: RequestCheckParts;
  readonly #ended: (result: CheckResult) => void;
  #attempt: Attempt | undefined;
  #late: ScheduledTask | undefined;
  #head: ResponseHead | undefined;
  readonly #content: Buffer[] = [];
  #bytes = 0;
  #hadEnough = false;
  #closed = false;
  #givenUp = false;

  constructor(check: RequestCheck, parts: RequestCheckParts, ended: (result: CheckResult) => void) {
    this.#check = check;
    this.#parts = parts;
    this.#ended = ended;
  }

  begin(attempt: Attempt): void {
    this.#attempt = attempt;
  }

  giveUp(): void {
    this.#givenUp = true;
    if (!this.#closed) this.#attempt?.cancel(GIVEN_UP);
  }

  sending(): void {
    const { clock, timeoutMs } = this.#parts;
    this.#late = clock.schedule(timeoutMs, () => {
      this.#attempt?.cancel({
        reason: 'upstream_timeout',
        neverSent: false,
        detail: `no whole response within ${timeoutMs} ms`,
      });
    });
  }

  sent(): void {}

  informational(): void {}

  head(response: UpstreamResponse): void {
    const { status, reasonPhrase, fields } = response;
    this.#head = { status, reasonPhrase, fields };
    response.deliver({
      data: (chunk) => {
        this.#bytes += chunk.length;
        if (this.#bytes <= MOST_CONTENT_BYTES) this.#content.push(chunk);
        else {
          this.#hadEnough = true;
          response.abandon();
        }
        return true;
      },
      end: () => {},
      broken: () => {},
    });
  }

  upgraded(_head: ResponseHead, stream: { destroy(): void }): void {
    stream.destroy();
  }

  closed(failure: TransportFailure | undefined, trailers: Fields): void {
    this.#closed = true;
    this.#late?.cancel();
    if (!this.#givenUp) this.#ended(this.#result(failure, trailers));
  }

  #result(failure: TransportFailure | undefined, trailers: Fields): CheckResult {
    const { method, path } = this.#check.request;
    if (failure !== undefined && !this.#hadEnough)
      return isOfEndpoint(failure) ? failed(`${method} ${path}: ${failure.detail}`) : NO_RESULT;
    if (this.#head === undefined) return NO_RESULT;
    return this.#check.judge({ head: this.#head, content: Buffer.concat(this.#content), trailers });
  }
}

const GIVEN_UP: TransportFailure = {
  reason: 'client_gone',
  neverSent: false,
  neutral: true,
  detail: 'the check was given up',
};

const OF_CONNECTING: ReadonlySet<string> = new Set(['connect_failure', 'tls_failure']);

/** Not what this side lacks, and not the orderly end of a connection that was kept open. */
function isOfEndpoint({ reason, neutral, neverSent }: TransportFailure): boolean {
  if (neutral === true || OF_THIS_SIDE.has(reason)) return false;
  return !neverSent || OF_CONNECTING.has(reason);
}

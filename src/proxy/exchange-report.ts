// An exchange that goes to no service as requests do: its refusal, and the one report of it.

import type { AmbassadorError } from '../core/errors.ts';
import type { Reason } from '../core/reasons.ts';
import { REASONS } from '../core/reasons.ts';
import type { AttemptFacts } from '../core/request-facts.ts';
import type { Exchange } from '../http/exchange.ts';
import type { ForwarderDependencies } from './dependencies.ts';
import { endingAs } from './ending.ts';
import { requestIdOf } from './headers.ts';
import { problemResponse } from './problem.ts';

export class ExchangeReport {
  readonly requestId: string;
  readonly startedAt: number;
  /** The status sent; 0 for none so far. */
  status = 0;
  /** Empty when none was named. */
  service = '';
  /** The client has left. */
  abandoned = false;
  upgraded = false;
  headMs: number | undefined;
  readonly attempts: AttemptFacts[] = [];
  readonly #exchange: Exchange;
  readonly #dependencies: ForwarderDependencies;
  readonly #done: () => void;
  readonly #startedAtWall: number;
  #finished = false;

  constructor(exchange: Exchange, dependencies: ForwarderDependencies, done: () => void) {
    this.#exchange = exchange;
    this.#dependencies = dependencies;
    this.#done = done;
    this.requestId = requestIdOf(exchange.head.fields) ?? dependencies.newRequestId();
    this.startedAt = dependencies.clock.now();
    this.#startedAtWall = dependencies.clock.wallTime();
  }

  /** Responds with the problem, or ends what has been begun. */
  refuse(error: AmbassadorError): void {
    if (error.reason === 'internal_error') {
      this.#dependencies.logger.error({ err: error.cause, requestId: this.requestId }, error.message);
    }
    if (this.abandoned || this.status !== 0) {
      this.#exchange.destroy();
      this.finish(this.abandoned ? 'client_gone' : error.reason, error.message);
      return;
    }
    const { status, headers, body } = problemResponse(error, {
      service: this.service,
      attempts: this.attempts.length,
      requestId: this.requestId,
      typed: this.#dependencies.typed,
    });
    this.status = status;
    this.headMs = this.#dependencies.clock.now() - this.startedAt;
    const reasonPhrase = this.#exchange.head.method === 'CONNECT' ? inOneLine(error.message) : '';
    const writer = this.#exchange.respond({ status, reasonPhrase, fields: headers });
    writer.data(body);
    writer.end([]);
    this.finish(error.reason, error.message);
  }

  /** What comes of it is reported elsewhere. */
  forget(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#done();
  }

  finish(reasonSoFar?: Reason, detailSoFar?: string): void {
    if (this.#finished) return;
    this.#finished = true;
    const { lifecycle, observer, clock } = this.#dependencies;
    const { reason, detail } = endingAs({ reason: reasonSoFar, detail: detailSoFar }, lifecycle.cutting);
    const { head, bytesWritten, remoteAddress } = this.#exchange;
    observer.requestFinished({
      requestId: this.requestId,
      startedAtWall: this.#startedAtWall,
      startedAt: this.startedAt,
      method: head.method,
      target: head.target,
      httpVersion: head.version,
      service: this.service,
      addressing: this.service === '' ? undefined : 'host',
      status: this.status === 0 ? REASONS.client_gone.status : this.status,
      reason,
      detail,
      flags: reason === undefined ? [] : [REASONS[reason].flag],
      attempts: this.attempts,
      durationMs: clock.now() - this.startedAt,
      headMs: this.headMs,
      bytesSent: bytesWritten,
      requestHeaders: head.fields,
      remoteAddress,
      upgraded: this.upgraded,
    });
    this.#done();
  }
}

const LONGEST_PHRASE = 500;

/** Of the response to a CONNECT most clients show the status line alone, be it Go, Java, Python or wget. */
function inOneLine(text: string): string {
  return text.slice(0, LONGEST_PHRASE).replaceAll(/[^ -~]/g, '?');
}

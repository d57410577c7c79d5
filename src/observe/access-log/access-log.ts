// The access log: which requests get a line. What went wrong or took long is always told; of the rest, a share.

import type { AccessLogFormat } from '../../config/access-log-format.ts';
import { afterTurn } from '../../core/after-turn.ts';
import type { Clock } from '../../core/clock.ts';
import type { Observer } from '../../core/events.ts';
import type { LineSink } from '../../core/line-sink.ts';
import type { Random } from '../../core/random.ts';
import type { RequestFacts } from '../../core/request-facts.ts';
import { accessLogLine } from './access-log-line.ts';
import { formattedLine } from './formatted-line.ts';
import { LineQueue } from './line-queue.ts';

export interface AccessLogOptions {
  /** The share of uneventful requests that get a line, 0 to 1. */
  readonly sample: number;
  /** Requests that take longer always get a line, in milliseconds. */
  readonly slowThresholdMs: number;
  /** Undefined for a line of JSON. */
  readonly format?: AccessLogFormat | undefined;
  /** Must not block: `process.stdout` does when it is a pipe. */
  readonly sink: LineSink;
  readonly clock: Clock;
  readonly random: Random;
}

export class AccessLog implements Observer {
  readonly #options: AccessLogOptions;
  readonly #lines: LineQueue;
  /** Ended in this turn of the event loop: a line is made once the answers that are at hand have left. */
  #ended: RequestFacts[] = [];
  readonly #makeLinesSoon = afterTurn(() => this.#makeLines());

  constructor(options: AccessLogOptions) {
    this.#options = options;
    this.#lines = new LineQueue(options);
  }

  /** Lines given up because the sink did not keep up. */
  get dropped(): number {
    return this.#lines.dropped;
  }

  requestFinished(facts: RequestFacts): void {
    if (!this.#isWanted(facts)) return;
    this.#ended.push(facts);
    this.#makeLinesSoon();
  }

  /** Writes what waits. Requests that end afterwards get no line, and count as dropped. */
  close(): void {
    this.#makeLines();
    this.#lines.close();
  }

  #makeLines(): void {
    const ended = this.#ended;
    this.#ended = [];
    for (const facts of ended) {
      if (this.#lines.full) this.#lines.drop();
      else this.#lines.push(this.#line(facts));
    }
  }

  #line(facts: RequestFacts): string {
    const { format } = this.#options;
    return format === undefined ? accessLogLine(facts) : formattedLine(facts, format);
  }

  #isWanted(facts: RequestFacts): boolean {
    const { sample, slowThresholdMs, random } = this.#options;
    if (facts.reason !== undefined || facts.status >= 500) return true;
    // An upgraded connection is meant to last: only its beginning can be slow.
    const tookMs = facts.upgraded ? (facts.headMs ?? 0) : facts.durationMs;
    return tookMs > slowThresholdMs || sample >= 1 || random() < sample;
  }
}

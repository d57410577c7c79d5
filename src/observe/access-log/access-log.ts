// The access log: every request that is worth reading gets a line, and of the rest a share.

import type { AccessLogFormat } from '../../config/access-log-format.ts';
import { afterTurn } from '../../core/after-turn.ts';
import type { Clock } from '../../core/clock.ts';
import type { ConnectionFacts } from '../../core/connection-facts.ts';
import { asRequestFacts } from '../../core/connection-facts.ts';
import type { Observer } from '../../core/events.ts';
import type { LineSink } from '../../core/line-sink.ts';
import type { Random } from '../../core/random.ts';
import type { RequestFacts } from '../../core/request-facts.ts';
import { AccessLogLines } from './access-log-line.ts';
import { FormattedLines } from './formatted-line.ts';
import { LineQueue } from './line-queue.ts';
import { isWorthReading } from './worth-reading.ts';

export interface AccessLogOptions {
  /** The share of uneventful requests that get a line, 0 to 1. */
  readonly sample: number;
  /** Requests that take longer always get a line, in milliseconds; 0 for none. */
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
  readonly #lineOf: LineMaker;
  /** Ended in this turn of the event loop: a line is made once the responses that are at hand have left. */
  #ended: Ended[] = [];
  readonly #makeLinesSoon = afterTurn(() => this.#makeLines());

  constructor(options: AccessLogOptions) {
    this.#options = options;
    this.#lines = new LineQueue(options);
    this.#lineOf = lineMaker(options);
  }

  /** Lines given up because the sink did not keep up. */
  get dropped(): number {
    return this.#lines.dropped;
  }

  requestFinished(facts: RequestFacts): void {
    const { sample, slowThresholdMs, random } = this.#options;
    // A request without a line must cost next to nothing: it is decided first.
    if (sample < 1 && !isWorthReading(facts, slowThresholdMs) && random() >= sample) return;
    this.#ended.push(facts);
    this.#makeLinesSoon();
  }

  /** Each has a line: there are few, and each may have been long. */
  connectionFinished(facts: ConnectionFacts): void {
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
      else this.#lines.push(this.#lineOf(facts));
    }
  }
}

type Ended = RequestFacts | ConnectionFacts;

type LineMaker = (facts: Ended) => string;

function lineMaker({ format, sample, slowThresholdMs }: AccessLogOptions): LineMaker {
  if (format !== undefined) {
    const lines = new FormattedLines(format);
    return (facts) => lines.line('connectionId' in facts ? asRequestFacts(facts) : facts);
  }
  const lines = new AccessLogLines();
  return (facts) =>
    'connectionId' in facts
      ? lines.connectionLine(facts)
      : lines.line(facts, isWorthReading(facts, slowThresholdMs) ? 1 : sample);
}

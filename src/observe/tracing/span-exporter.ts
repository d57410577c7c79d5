// Finished spans on their way out: gathered, sent in batches one after the other, and given up, counted, when the
// receiver does not keep up. Handing spans in never waits.

import { fullJitterBackoff } from '../../core/backoff.ts';
import type { Clock, ScheduledTask } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import type { Random } from '../../core/random.ts';
import { sleep } from '../../core/sleep.ts';
import { OutageLog } from './outage-log.ts';
import type { Span } from './span.ts';
import type { SpanReceiver } from './span-receiver.ts';

export interface SpanExporterOptions {
  readonly receiver: SpanReceiver;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Why spans were given up. */
export type SpanDrop = 'queue_full' | 'unreachable' | 'refused' | 'rejected' | 'shutdown';

/** Some 4 MB at most, and two seconds of 2,000 traced requests. */
const MAX_WAITING_SPANS = 4_096;

/** Takes about a millisecond to encode. */
const BATCH_SPANS = 512;

/** How long spans are gathered, in milliseconds. */
const GATHER_MS = 1_000;

const MAX_RETRIES = 4;
const BACKOFF = { baseMs: 1_000, maxMs: 16_000 };

/** A receiver is not waited for longer than this: the batch would only stand in the way of newer ones. */
const LONGEST_WAIT_MS = 30_000;

export class SpanExporter {
  /** Spans given up so far, by reason. */
  readonly dropped: Record<SpanDrop, number> = {
    queue_full: 0,
    unreachable: 0,
    refused: 0,
    rejected: 0,
    shutdown: 0,
  };
  readonly #options: SpanExporterOptions;
  readonly #outages: OutageLog;
  readonly #hurry = new AbortController();
  readonly #cut = new AbortController();
  #exported = 0;
  #waiting: Span[] = [];
  #timer: ScheduledTask | undefined;
  #running: Promise<void> | undefined;
  /** It is set for a whole batch, at once. */
  #timerIsUrgent = false;

  constructor(options: SpanExporterOptions) {
    this.#options = options;
    this.#outages = new OutageLog(options.receiver.name, options.clock, options.logger);
  }

  /** Spans that the receiver took. */
  get exported(): number {
    return this.#exported;
  }

  /** Spans that wait to be sent. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** @param make makes so many spans, and is not asked when there is no room for them */
  push(count: number, make: () => readonly Span[]): void {
    if (this.#hurry.signal.aborted) {
      this.dropped.shutdown += count;
      return;
    }
    if (this.#waiting.length + count > MAX_WAITING_SPANS) {
      this.dropped.queue_full += count;
      return;
    }
    this.#waiting.push(...make());
    if (this.#running === undefined) this.#scheduleRun();
  }

  /** Sends what waits, for at most `withinMs`, without trying anything twice. Spans that come later are dropped. */
  async close(withinMs: number): Promise<void> {
    const { clock, receiver } = this.#options;
    const lostBefore = this.#lost();
    this.#hurry.abort();
    this.#timer?.cancel();
    const limit = clock.schedule(withinMs, () => this.#cut.abort());
    await this.#running;
    await this.#run();
    limit.cancel();
    this.dropped.shutdown += this.#waiting.length;
    this.#waiting = [];
    this.#outages.lostAtEnd(this.#lost() - lostBefore);
    receiver.close();
  }

  #lost(): number {
    return Object.values(this.dropped).reduce((sum, count) => sum + count, 0);
  }

  #scheduleRun(): void {
    if (this.#waiting.length >= BATCH_SPANS && !this.#timerIsUrgent) {
      this.#timer?.cancel();
      this.#timerIsUrgent = true;
      this.#timer = this.#options.clock.schedule(0, () => this.#startRun());
    } else {
      this.#timer ??= this.#options.clock.schedule(GATHER_MS, () => this.#startRun());
    }
  }

  #startRun(): void {
    this.#timer = undefined;
    this.#timerIsUrgent = false;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#waiting.length > 0 && !this.#hurry.signal.aborted) this.#scheduleRun();
    });
  }

  /** Sends what waits now, but for the last few, which may become a batch. */
  async #run(): Promise<void> {
    do {
      const batch = this.#waiting.splice(0, BATCH_SPANS);
      if (batch.length > 0) await this.#send(batch);
    } while (this.#waiting.length >= this.#enough() && !this.#cut.signal.aborted);
  }

  /** How many spans are worth sending. */
  #enough(): number {
    return this.#hurry.signal.aborted ? 1 : BATCH_SPANS;
  }

  async #send(batch: readonly Span[]): Promise<void> {
    const { receiver, clock, random } = this.#options;
    for (let retries = 0; ; retries++) {
      const delivery = await receiver.deliver(batch, this.#cut.signal);
      this.#outages.delivered(delivery);
      if (delivery.kind === 'taken') {
        const rejected = Math.min(delivery.rejected, batch.length);
        this.#exported += batch.length - rejected;
        this.dropped.rejected += rejected;
        return;
      }
      if (delivery.kind === 'refused') {
        this.dropped.refused += batch.length;
        return;
      }
      if (retries >= MAX_RETRIES || this.#hurry.signal.aborted) {
        this.dropped[this.#cut.signal.aborted ? 'shutdown' : 'unreachable'] += batch.length;
        return;
      }
      const delayMs = Math.max(delivery.retryAfterMs ?? 0, fullJitterBackoff(retries, BACKOFF, random));
      await sleep(clock, Math.min(delayMs, LONGEST_WAIT_MS), this.#hurry.signal);
    }
  }
}

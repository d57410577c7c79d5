// One endless conversation with Consul about one path: asks, waits, decodes, and asks again. It cannot end by
// itself, whatever the answers are.

import type { Clock } from '../../core/clock.ts';
import type { DiscoveryQueryKind } from '../../core/discovery-query.ts';
import { messageOf } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { Random } from '../../core/random.ts';
import { sleep } from '../../core/sleep.ts';
import type { DiscoveryFailure } from '../../endpoint/discovery-state.ts';
import type { QueryPace } from './blocking-query.ts';
import { BlockingQuery } from './blocking-query.ts';
import type { ConsulAnswer, ConsulClient, RawAnswer } from './consul-client.ts';
import { readContact } from './leader-contact.ts';

/** What a watch is about. */
export interface ConsulSubject {
  readonly kind: DiscoveryQueryKind;
  /** Below `/v1`, encoded. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Its answers as they come, as Buffers. Default: read as JSON. */
  readonly raw?: RawAnswer;
  /** Whether there may be no such thing; the body is null then. Default: that is a failure. */
  readonly mayBeAbsent?: boolean;
  /** Default: that of endpoints. */
  readonly pace?: QueryPace;
}

export interface ConsulWatchDependencies {
  readonly client: ConsulClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** One answer, and how to ask for a better one. */
export interface WatchedAnswer {
  readonly body: unknown;
  readonly header: (name: string) => string | undefined;
  /** Nothing has changed since the answer before: it came because the time was over. */
  readonly unchanged: boolean;
  /** The servers have lost or restored their data since the last answer. */
  readonly wentBackwards: boolean;
  /** Asks the leader, at once and without waiting for a change. */
  readonly confirm: () => Promise<ConsulAnswer>;
}

export interface ConsulWatchEvents {
  /**
   * Awaited before the next question.
   * @returns why the answer is of no use, which is then a failure like any other
   */
  answered(answer: WatchedAnswer): Promise<DiscoveryFailure | undefined>;
  failed(failure: DiscoveryFailure): void;
}

/** A server holds a read for up to 7 s while it looks for its leader. */
const IMMEDIATE_TIMEOUT_MS = 15_000;

/** The server adds up to a sixteenth of the wait, in milliseconds; the rest is for the way. */
function timeoutFor(waitMs: number): number {
  return waitMs === 0 ? IMMEDIATE_TIMEOUT_MS : waitMs * (17 / 16) + 10_000;
}

/** In milliseconds: none, and 0, mean five minutes to Consul. */
const LEAST_WAIT_MS = 1;

/** A question that has waited so long has no answer under way, in milliseconds: nothing has changed. */
const NOTHING_NEW_MS = 250;

export class ConsulWatch {
  readonly #subject: ConsulSubject;
  readonly #dependencies: ConsulWatchDependencies;
  readonly #events: ConsulWatchEvents;
  readonly #query: BlockingQuery;
  readonly #stopped = new AbortController();
  /** Since when a question waits for a change; undefined between two. */
  #blockedSince: number | undefined;

  constructor(subject: ConsulSubject, dependencies: ConsulWatchDependencies, events: ConsulWatchEvents) {
    this.#subject = subject;
    this.#dependencies = dependencies;
    this.#events = events;
    this.#query = new BlockingQuery(dependencies.random, subject.pace);
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** Whether its last answer is all there is: Consul has been asked for more, and has nothing. */
  get isCurrent(): boolean {
    const { clock } = this.#dependencies;
    return this.#blockedSince !== undefined && clock.now() - this.#blockedSince >= NOTHING_NEW_MS;
  }

  /**
   * Asks at once, beside what it does by itself, and tells as it does.
   * @returns whether the answer was of use
   */
  async askNow(timeoutMs: number): Promise<boolean> {
    const answer = await this.#get({ stale: '' }, timeoutMs);
    if (this.#stopped.signal.aborted || !answer.ok) return false;
    return (await this.#tell(answer)) === undefined;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await this.#ask();
      } catch (error) {
        // A fault of ours, or of a listener, must not end the watch either.
        const { clock, logger } = this.#dependencies;
        this.#query.failed('malformed', undefined, clock.now());
        logger.error({ error: messageOf(error), path: this.#subject.path }, 'a Consul watch stumbled');
      }
    }
  }

  async #ask(): Promise<void> {
    const { clock } = this.#dependencies;
    const { signal } = this.#stopped;
    const { delayMs, index, consistency, waitMs } = this.#query.next(clock.now());
    if (delayMs > 0) await sleep(clock, delayMs, signal);
    if (signal.aborted) return;
    this.#blockedSince = waitMs === 0 ? undefined : clock.now();
    const answer = await this.#get(
      {
        ...(consistency === 'stale' ? { stale: '' } : {}),
        // With its index an answer tells at once whether it says anything new.
        ...(index === undefined ? {} : { index, wait: `${Math.max(waitMs, LEAST_WAIT_MS)}ms` }),
      },
      timeoutFor(waitMs),
    );
    this.#blockedSince = undefined;
    if (signal.aborted) return;
    if (!answer.ok) {
      this.#fail(answer.failure, answer.retryAfterMs);
      return;
    }
    const headers = { index: answer.header('x-consul-index'), ...readContact(answer.header) };
    const failure = await this.#tell(answer, index !== undefined && headers.index === index);
    if (failure === undefined) this.#query.answered(headers, clock.now());
    else this.#fail(failure, undefined);
  }

  #tell(
    { body, header }: Extract<ConsulAnswer, { ok: true }>,
    unchanged = false,
  ): Promise<DiscoveryFailure | undefined> {
    return this.#events.answered({
      body,
      header,
      unchanged,
      wentBackwards: this.#query.goesBackwards(header('x-consul-index')),
      confirm: () => this.#get({ consistent: '' }),
    });
  }

  #get(asked: Readonly<Record<string, string>>, timeoutMs = IMMEDIATE_TIMEOUT_MS): Promise<ConsulAnswer> {
    const { kind, path, parameters, raw, mayBeAbsent } = this.#subject;
    return this.#dependencies.client.get({
      kind,
      path,
      parameters: { ...parameters, ...asked },
      timeoutMs,
      raw,
      mayBeAbsent,
      signal: this.#stopped.signal,
    });
  }

  #fail(failure: DiscoveryFailure, retryAfterMs: number | undefined): void {
    if (this.#stopped.signal.aborted) return;
    this.#query.failed(failure.kind, retryAfterMs, this.#dependencies.clock.now());
    this.#events.failed(failure);
  }
}

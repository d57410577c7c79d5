// The bulkhead stage: a call holds a slot from here to the last byte of its response, and may wait for one.

import type { Clock, ScheduledTask } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import type { CompleteObserver } from '../../core/events.ts';
import { counted, timeInWords } from '../../core/in-words.ts';
import type { Random } from '../../core/random.ts';
import { HoldTime } from '../breaker/hold-time.ts';
import type { AdmissionStage, Call } from '../call.ts';
import { isEnforced } from '../enforcement.ts';
import type { Bulkhead, Waiter } from './bulkhead.ts';
import type { BulkheadOptions } from './bulkhead-options.ts';
import { holdSlot } from './slot.ts';

export interface BulkheadStageDependencies {
  readonly service: string;
  /** Made with `maxRequests` and `maxPendingRequests`. */
  readonly bulkhead: Bulkhead;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: CompleteObserver;
  /** What each endpoint did lately, for people; empty when there is none. */
  readonly describeEndpoints: () => string;
}

export function bulkheadStage(
  options: BulkheadOptions,
  dependencies: BulkheadStageDependencies,
): AdmissionStage {
  const { service, bulkhead, clock, random, observer, describeEndpoints } = dependencies;
  const holdTime = new HoldTime();
  const full = (detail: string): AmbassadorError => {
    const endpoints = describeEndpoints();
    return new AmbassadorError(
      'bulkhead_full',
      endpoints === '' ? detail : `${detail} Its endpoints: ${endpoints}.`,
      {
        retryAfterSeconds: holdTime.expectedWaitMs(bulkhead.queued, bulkhead.limit) / 1000,
      },
    );
  };
  const hold = <R>(next: (call: Call) => Promise<R>, call: Call) => {
    const since = clock.now();
    return holdSlot(next, call, () => {
      holdTime.observe(clock.now() - since);
      bulkhead.leave();
    });
  };
  const queue = async <R>(next: (call: Call) => Promise<R>, call: Call) => {
    if (!isEnforced(options.enforce, random)) {
      if (!bulkhead.hasRoom) observer.wouldShed(service, 'bulkhead');
      bulkhead.enterBeyond();
      return hold(next, call);
    }
    if (!bulkhead.hasRoom) {
      throw full(
        `${service} has ${counted(bulkhead.active, 'call')} under way and ${bulkhead.queued} waiting, as many as its bulkhead allows.`,
      );
    }
    await new QueuedCall(call, bulkhead, options.maxWait, clock, full, service).turn();
    return hold(next, call);
  };
  return (next) => (call) => (bulkhead.tryEnter() ? hold(next, call) : queue(next, call));
}

/** One call in the queue: admitted, cancelled, or out of time, whichever comes first. */
class QueuedCall {
  readonly #call: Call;
  readonly #bulkhead: Bulkhead;
  readonly #maxWaitMs: number;
  readonly #clock: Clock;
  readonly #full: (detail: string) => AmbassadorError;
  readonly #service: string;
  readonly #since: number;
  #timer: ScheduledTask | undefined;

  constructor(
    call: Call,
    bulkhead: Bulkhead,
    maxWaitMs: number,
    clock: Clock,
    full: (detail: string) => AmbassadorError,
    service: string,
  ) {
    this.#call = call;
    this.#bulkhead = bulkhead;
    this.#maxWaitMs = maxWaitMs;
    this.#clock = clock;
    this.#full = full;
    this.#service = service;
    this.#since = clock.now();
  }

  turn(): Promise<void> {
    const call = this.#call;
    return new Promise((resolve, reject) => {
      if (call.cancelled !== undefined) {
        reject(call.cancelled);
        return;
      }
      const waiter: Waiter = {
        admitted: () => {
          this.#timer?.cancel();
          forgetCancel();
          resolve();
        },
      };
      const giveUp = (error: AmbassadorError): void => {
        this.#timer?.cancel();
        forgetCancel();
        this.#bulkhead.forget(waiter);
        reject(error);
      };
      const forgetCancel = call.onCancel(giveUp);
      this.#bulkhead.wait(waiter);
      this.#setTimer(giveUp);
    });
  }

  #setTimer(giveUp: (error: AmbassadorError) => void): void {
    const now = this.#clock.now();
    const patienceMs = Math.max(0, this.#since + this.#maxWaitMs - now);
    const callMs = Math.max(0, this.#call.remainingMs(now));
    this.#timer = this.#clock.schedule(Math.min(patienceMs, callMs), () => this.#timeUp(giveUp));
  }

  #timeUp(giveUp: (error: AmbassadorError) => void): void {
    const now = this.#clock.now();
    const waited = timeInWords(now - this.#since);
    if (this.#call.remainingMs(now) <= EARLY_MS) {
      giveUp(
        new AmbassadorError(
          'deadline_exceeded',
          `The call's time ran out while it waited ${waited} for one of the ${counted(this.#bulkhead.limit, 'call')} that ${this.#service} may have under way.`,
        ),
      );
    } else if (now - this.#since >= this.#maxWaitMs - EARLY_MS) {
      giveUp(
        this.#full(
          `${this.#service} has ${counted(this.#bulkhead.active, 'call')} under way, and no slot came free in the ${waited} that this call waited.`,
        ),
      );
    } else {
      // The timer was early.
      this.#setTimer(giveUp);
    }
  }
}

/** What a timer may fire early by. */
const EARLY_MS = 0.5;

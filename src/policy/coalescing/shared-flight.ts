// One call on behalf of several callers: it goes on while one of them waits, and ends with the last.

import type { Clock, ScheduledTask } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import type { ResponseHead } from '../../http/attempt.ts';
import { fieldValue } from '../../http/fields.ts';
import type { Call, CallBody, CallResult, Send } from '../call.ts';
import { FanOut } from '../hedging/fan-out.ts';
import { cacheDirectives } from '../stale/cache-control.ts';

export interface FlightOptions {
  readonly service: string;
  readonly clock: Clock;
  readonly bufferBytes: number;
  readonly patienceMs: number;
  /** Called once, when no caller can join any more. */
  readonly onClosed: () => void;
  /** Sends a call anew that had more time than the shared one. */
  readonly again: Send;
  /** Sends a call by itself. */
  readonly alone: Send;
}

/** The leader's own would be gone with the leader. */
const NO_CONTENT: CallBody = {
  replayable: true,
  arriving: false,
  awaited: false,
  arrivedAt: undefined,
  received: 0,
  open: () => undefined,
  leaves: () => {},
  left: () => {},
  release: () => {},
};

interface Waiter {
  readonly call: Call;
  readonly resolve: (result: CallResult | Promise<CallResult>) => void;
  readonly reject: (error: unknown) => void;
  readonly forgetCancel: () => void;
  readonly timer: ScheduledTask | undefined;
}

export class SharedFlight {
  readonly #options: FlightOptions;
  readonly #call: Call;
  readonly #waiters = new Set<Waiter>();
  #closed = false;

  /** @param leader whose request is sent, and whose time it has */
  constructor(leader: Call, options: FlightOptions) {
    this.#options = options;
    this.#call = leader.shared(options.clock.now(), {
      body: NO_CONTENT,
      informational: (head) => {
        for (const { call } of this.#waiters) call.request.informational(head);
      },
    });
  }

  start(next: Send): void {
    next(this.#call).then(
      (result) => this.#responded(result),
      (error: unknown) => this.#failed(error),
    );
  }

  /** @param boundByOwnTime for callers other than the one whose time the shared call has */
  join(call: Call, boundByOwnTime: boolean): Promise<CallResult> {
    const { promise, resolve, reject } = Promise.withResolvers<CallResult>();
    const waiter: Waiter = {
      call,
      resolve,
      reject,
      forgetCancel: call.onCancel((error) => this.#leave(waiter, error)),
      timer: boundByOwnTime ? this.#timeLimit(call, () => waiter) : undefined,
    };
    this.#waiters.add(waiter);
    return promise;
  }

  #timeLimit(call: Call, waiter: () => Waiter): ScheduledTask | undefined {
    const { clock, service } = this.#options;
    const leftMs = call.remainingMs(clock.now());
    if (!Number.isFinite(leftMs)) return undefined;
    return clock.schedule(Math.max(0, leftMs), () =>
      this.#leave(
        waiter(),
        new AmbassadorError(
          'deadline_exceeded',
          `The call's time ran out while it waited for the response of ${service} to another call that asked the same.`,
        ),
      ),
    );
  }

  #leave(waiter: Waiter, error: AmbassadorError): void {
    this.#release(waiter);
    waiter.reject(error);
    if (this.#waiters.size > 0) return;
    this.#close();
    this.#call.cancel(new AmbassadorError('client_gone', 'All callers left before their response.'));
  }

  #responded(result: CallResult): void {
    this.#close();
    if (result.kind === 'tunnel') {
      result.socket.destroy();
      this.#failed(
        new AmbassadorError(
          'upstream_protocol_error',
          `${this.#options.service} switched protocols unasked.`,
        ),
      );
      return;
    }
    if (this.#waiters.size === 0) {
      result.response.abandon();
      this.#call.finish();
      return;
    }
    if (isForOne(result.response)) this.#sendOthersAlone();
    const { clock, bufferBytes, patienceMs } = this.#options;
    const fanOut = new FanOut(result.response, {
      clock,
      bufferBytes,
      patienceMs,
      onOver: () => this.#call.finish(),
    });
    const branches = [...this.#waiters].map((waiter) => ({ waiter, branch: fanOut.branch() }));
    for (const { waiter, branch } of branches) {
      this.#release(waiter);
      waiter.call.onFinished(() => branch.abandon());
      waiter.resolve({ kind: 'response', response: branch });
    }
  }

  /** The response is for the caller that has waited longest: the first, while it is there. */
  #sendOthersAlone(): void {
    const [, ...others] = this.#waiters;
    for (const waiter of others) {
      this.#release(waiter);
      waiter.resolve(this.#options.alone(waiter.call));
    }
  }

  #failed(error: unknown): void {
    this.#close();
    this.#call.finish();
    const outOfTime = error instanceof AmbassadorError && error.reason === 'deadline_exceeded';
    for (const waiter of [...this.#waiters]) {
      this.#release(waiter);
      // The time that ran out was another caller's.
      if (outOfTime && waiter.timer !== undefined) waiter.resolve(this.#options.again(waiter.call));
      else waiter.reject(error);
    }
  }

  #release(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    waiter.forgetCancel();
    waiter.timer?.cancel();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.onClosed();
  }
}

/** A response with a cookie, or one that no shared cache may keep (RFC 9111 §5.2.2.7), is for one caller alone. */
function isForOne({ fields }: ResponseHead): boolean {
  return (
    fieldValue(fields, 'set-cookie') !== undefined ||
    cacheDirectives(fieldValue(fields, 'cache-control')).has('private')
  );
}

// The innermost step: picks an endpoint, sends one attempt, judges how it went, and tells whoever keeps count.

import type { Duplex } from 'node:stream';
import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { AmbassadorError } from '../core/errors.ts';
import type { Outcome } from '../core/outcome.ts';
import { localOutcome, NEUTRAL_OUTCOME } from '../core/outcome.ts';
import type { AttemptFacts } from '../core/request-facts.ts';
import { authorityOf } from '../endpoint/endpoint.ts';
import type {
  Attempt,
  AttemptObserver,
  RawHeaders,
  ResponseHead,
  TransportFailure,
  UpstreamResponse,
} from '../http/attempt.ts';
import { withTimeLeft } from '../http/deadline.ts';
import type { Call, CallResult, Send } from '../policy/call.ts';
import { AttemptFailed } from '../policy/retry/attempt-failed.ts';
import type { Pick } from '../upstream/endpoint-set.ts';

/** What a dispatch needs of its service. */
export interface DispatchTarget {
  readonly name: string;
  /** @throws AmbassadorError `no_healthy_endpoint` */
  pick(call: Call): Pick;
  /**
   * A response's head came, this long after the request's last byte had come and the request left: neither the time
   * for a connection nor a slow upload is the endpoint's.
   */
  responded(pick: Pick, head: ResponseHead, latencyMs: number): void;
  /** The attempt is over, whole or broken; `head` is what had come of a response. */
  finished(pick: Pick, head: ResponseHead | undefined, failure: Outcome | undefined): void;
}

/** What a timer may fire early by. */
const EARLY_MS = 0.5;

/** What an endpoint is given in any case before its silence is held against it, in milliseconds. */
const FAIR_MS = 250;

export interface DispatchTimeouts {
  /** Milliseconds that the policy gives a whole call; 0 for ever. */
  readonly request: number;
  /** Milliseconds until a response's head; 0 for no limit but the call's own, undefined for a share of that. */
  readonly perTry?: number | undefined;
  /** Milliseconds without a byte of a request that is still arriving; 0 for ever. */
  readonly idle: number;
}

export function dispatch(target: DispatchTarget, timeouts: DispatchTimeouts, clock: Clock): Send {
  return (call) =>
    new Promise((resolve, reject) => {
      if (call.cancelled !== undefined) {
        reject(call.cancelled);
        return;
      }
      const pick = target.pick(call);
      new DispatchedAttempt(target, timeouts, clock, call, pick, resolve, reject).start();
    });
}

class DispatchedAttempt implements AttemptObserver {
  readonly #target: DispatchTarget;
  readonly #timeouts: DispatchTimeouts;
  readonly #clock: Clock;
  readonly #call: Call;
  readonly #pick: Pick;
  readonly #resolve: (result: CallResult) => void;
  readonly #reject: (error: AmbassadorError) => void;
  readonly #facts: AttemptFacts;
  readonly #traceFields: RawHeaders | undefined;
  #attempt: Attempt | undefined;
  #timer: ScheduledTask | undefined;
  #sendingAt: number | undefined;
  #settled = false;
  #head: ResponseHead | undefined;
  readonly #forgetCancel: () => void;

  constructor(
    target: DispatchTarget,
    timeouts: DispatchTimeouts,
    clock: Clock,
    call: Call,
    pick: Pick,
    resolve: (result: CallResult) => void,
    reject: (error: AmbassadorError) => void,
  ) {
    this.#target = target;
    this.#timeouts = timeouts;
    this.#clock = clock;
    this.#call = call;
    this.#pick = pick;
    this.#resolve = resolve;
    this.#reject = reject;
    const { endpoint } = pick.upstream;
    const trace = call.request.trace?.attempt();
    this.#traceFields = trace?.fields;
    this.#facts = {
      endpointId: endpoint.id,
      authority: authorityOf(endpoint),
      service: target.name,
      startedAt: clock.now(),
      headMs: undefined,
      endMs: undefined,
      status: undefined,
      failure: undefined,
      failureDetail: undefined,
      spanId: trace?.spanId,
    };
    call.attempts.push(this.#facts);
    call.tried.push(endpoint.id);
    this.#forgetCancel = call.onCancel((error) => {
      this.#cancel(error.reason === 'client_gone' ? 'client_gone' : 'deadline_exceeded', error.message);
    });
  }

  start(): void {
    const { request } = this.#call;
    const { upstream } = this.#pick;
    upstream.inFlight++;
    this.#attempt = upstream.connections.send(
      {
        method: request.method,
        path: request.path,
        headers: this.#headers(),
        body: request.body.open(),
        upgrade: request.upgrade,
      },
      this,
    );
    if (!this.#settled) this.#setTimer(this.#nextCheck(this.#facts.startedAt));
  }

  #headers(): RawHeaders {
    const { request } = this.#call;
    const headers = withTimeLeft(request.headers, this.#call.remainingMs(this.#facts.startedAt));
    return this.#traceFields === undefined ? headers : [...headers, ...this.#traceFields];
  }

  sending(): void {
    const { body } = this.#call.request;
    this.#sendingAt = this.#clock.now();
    body.leaves();
    // From now on it is the caller who may be late.
    if (!body.awaited || this.#timer === undefined) return;
    this.#timer.cancel();
    this.#setTimer(this.#nextCheck(this.#sendingAt));
  }

  informational(head: ResponseHead): void {
    this.#call.request.informational(head);
  }

  head(response: UpstreamResponse): void {
    this.#headArrived(response);
    this.#resolve({ kind: 'response', response });
  }

  upgraded(head: ResponseHead, socket: Duplex): void {
    this.#headArrived(head);
    // The attempt ends with the upgrade, but the endpoint is busy for as long as the tunnel stands.
    this.#pick.upstream.inFlight++;
    socket.once('close', () => {
      this.#pick.upstream.inFlight--;
    });
    this.#resolve({ kind: 'tunnel', head, socket });
  }

  closed(failure: TransportFailure | undefined): void {
    this.#timer?.cancel();
    this.#forgetCancel();
    this.#pick.upstream.inFlight--;
    this.#facts.endMs = this.#clock.now() - this.#facts.startedAt;
    if (failure !== undefined) {
      this.#facts.failure ??= failure.reason;
      this.#facts.failureDetail ??= failure.detail;
    }
    this.#target.finished(this.#pick, this.#head, failure && this.#outcomeOf(failure));
    if (failure !== undefined && !this.#settled) {
      this.#settled = true;
      this.#reject(
        this.#call.cancelled ?? new AttemptFailed(this.#target.name, this.#facts.authority, failure),
      );
    }
  }

  /** A caller in a hurry, or what other waits had left of the time, says nothing of the endpoint. */
  #outcomeOf(failure: TransportFailure): Outcome {
    const fairMs = Math.min(FAIR_MS, this.#timeouts.request || FAIR_MS);
    const hurried = failure.reason === 'deadline_exceeded' && (this.#facts.endMs ?? 0) < fairMs - EARLY_MS;
    return hurried ? NEUTRAL_OUTCOME : outcomeOf(failure);
  }

  #headArrived(head: ResponseHead): void {
    this.#settled = true;
    this.#timer?.cancel();
    const now = this.#clock.now();
    this.#facts.headMs = now - this.#facts.startedAt;
    this.#facts.status = head.status;
    this.#head = head;
    // A slow upload is the client's doing.
    const sentAt = Math.max(this.#sendingAt ?? this.#facts.startedAt, this.#call.request.body.arrivedAt ?? 0);
    this.#target.responded(this.#pick, head, now - sentAt);
  }

  /** How long the head may still take, in milliseconds, of an attempt whose time began at `since`. */
  #waitForHead(since: number, now: number): number {
    const remaining = this.#call.remainingMs(now);
    return Math.min(remaining, since + this.#perTry(remaining + now - since) - now);
  }

  /** @param leftMs of the call's time when the attempt's own began */
  #perTry(leftMs: number): number {
    const { perTry } = this.#timeouts;
    if (perTry !== undefined) return perTry === 0 ? Number.POSITIVE_INFINITY : perTry;
    return this.#call.request.body.replayable ? Math.max(FAIR_MS, leftMs / this.#call.triesLeft) : leftMs;
  }

  /** A request that is still arriving may stall before any head can be late. */
  #nextCheck(now: number): number {
    const { idle } = this.#timeouts;
    const wait = this.#waitForHead(now, now);
    return this.#call.request.body.awaited && idle > 0 ? Math.min(idle, wait) : wait;
  }

  #setTimer(delayMs: number): void {
    if (!Number.isFinite(delayMs)) return;
    this.#timer = this.#clock.schedule(Math.max(0, delayMs), () => this.#timeUp());
  }

  #timeUp(): void {
    const { body } = this.#call.request;
    const now = this.#clock.now();
    if (body.awaited) {
      this.#requestStillArriving(now);
      return;
    }
    // A head cannot be late before the request is complete.
    const since = Math.max(this.#facts.startedAt, body.arrivedAt ?? 0);
    const left = this.#waitForHead(since, now);
    if (left > EARLY_MS) {
      this.#setTimer(left);
      return;
    }
    const callIsOver = this.#call.remainingMs(now) <= EARLY_MS;
    this.#cancel(
      callIsOver ? 'deadline_exceeded' : 'upstream_timeout',
      `no response within ${Math.round(now - since)} ms`,
    );
  }

  /** Nothing of the request moves: the caller's doing, unless the endpoint takes no more. */
  #requestStillArriving(now: number): void {
    const { lastPartAt = 0, blocked } = this.#call.request.body;
    const quietSince = Math.max(lastPartAt, this.#sendingAt ?? this.#facts.startedAt);
    const idle = this.#timeouts.idle === 0 ? Number.POSITIVE_INFINITY : this.#timeouts.idle;
    const wait = this.#waitForHead(now, now);
    const limit = blocked ? Math.min(idle, wait) : idle;
    const left = quietSince + limit - now;
    if (left > EARLY_MS) this.#setTimer(Math.min(left, wait));
    else if (blocked) this.#cancel('upstream_timeout', `no byte of the request was taken for ${limit} ms`);
    else this.#cancel('request_timeout', `no byte of the request for ${limit} ms`);
  }

  #cancel(reason: TransportFailure['reason'], detail: string): void {
    if (this.#settled) return;
    // A wait for a connection is no request yet: it may be made again whatever its method.
    this.#attempt?.cancel({ reason, neverSent: this.#sendingAt === undefined, detail });
  }
}

/** What a failure says of the endpoint; the caller's own doings say nothing. */
function outcomeOf(failure: TransportFailure): Outcome {
  switch (failure.reason) {
    case 'connect_failure':
      return localOutcome('connect_failure');
    case 'upstream_reset':
      return localOutcome('reset');
    case 'upstream_timeout':
    case 'deadline_exceeded':
      return localOutcome('timeout');
    case 'upstream_protocol_error':
      return localOutcome('protocol_error');
    case 'bad_request':
    case 'client_gone':
    case 'request_timeout':
      return NEUTRAL_OUTCOME;
  }
}

// One request on its way through the policies: what is to be sent, how long it may take, what was tried.

import type { Duplex } from 'node:stream';
import type { AmbassadorError } from '../core/errors.ts';
import type { AttemptFacts } from '../core/request-facts.ts';
import type { RequestTrace } from '../core/request-trace.ts';
import type { ResponseHead, UpstreamResponse } from '../http/attempt.ts';
import type { Body } from '../http/body.ts';
import type { Fields } from '../http/message.ts';
import type { WireProgress } from '../http/progress.ts';
import { CallEnd } from './call-end.ts';
import { isIdempotent } from './retry/retry-decision.ts';
import type { SentRequest } from './rewriting/request-rules.ts';

/** The content of a request, which several attempts may send. */
export interface CallBody {
  readonly replayable: boolean;
  /** True until all of it has come from the caller, whether or not it is read. */
  readonly arriving: boolean;
  /** True while an attempt sends it and has not handed over its last byte. */
  readonly awaited: boolean;
  /** Monotonic milliseconds when its last part came or was sent on; undefined before that, or when it came at once. */
  readonly arrivedAt: number | undefined;
  /** Bytes that have come so far. */
  readonly received: number;
  /**
   * The content from its first byte, for one attempt, and for the one before no more; undefined when there is none.
   * @throws Error when it is not replayable any more
   */
  open(): Body | undefined;
  /** The attempt that opened it has a connection and sends. */
  leaves(): void;
  /** It has handed the last byte to the kernel. */
  left(): void;
  release(): void;
  /**
   * Calls once, with a copy of the content, when it has come whole; never when it is longer or breaks off.
   * Nothing waits for it.
   */
  copy?(maxBytes: number, copied: (content: Buffer) => void): void;
}

export interface CallRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Fields;
  /** What the endpoint sees as Host; undefined for its own address. */
  readonly authority?: string | undefined;
  /** Path and fields before the rules of the service changed them; undefined where they did not. */
  readonly unruled?: SentRequest | undefined;
  readonly body: CallBody;
  readonly upgrade: string | undefined;
  /** Only endpoints with this tag; undefined for all. */
  readonly tag?: string | undefined;
  /** For consistent hashing: an unsigned 32-bit number; undefined when the request has no key. */
  readonly hash: number | undefined;
  /** Whether its description says that it may be carried out twice; undefined where only its method and fields do. */
  readonly idempotent?: boolean | undefined;
  /** A status of gRPC that says nothing bad of the endpoint; undefined where each says what it always does. */
  readonly expectedGrpcStatus?: number | undefined;
  /** Where an interim response goes (RFC 9110 §15.2). */
  readonly informational: (head: ResponseHead) => void;
  /** Whether the client waits for 100 Continue before it sends the content (RFC 9110 §10.1.1). */
  readonly awaitsContinue: () => boolean;
  /** Has the client send the content; nothing when it does not wait. */
  readonly continueBody: () => void;
  /** Whether it is a copy of another service's request, which is not copied again. */
  readonly isCopy?: boolean | undefined;
  /** The trace that attempts belong to; undefined when requests are not traced. */
  readonly trace?: RequestTrace | undefined;
}

/** What a call comes to when nothing threw. */
/** The endpoint has switched protocols. */
export interface Switched {
  readonly kind: 'tunnel';
  readonly head: ResponseHead;
  readonly socket: Duplex;
  /** Of the connection below it. */
  readonly progress: WireProgress;
}

export type CallResult = { readonly kind: 'response'; readonly response: UpstreamResponse } | Switched;

/** One step of the pipeline: it passes the call on, or responds, or throws an AmbassadorError. */
export type Send = (call: Call) => Promise<CallResult>;
export type Stage = (next: Send) => Send;

/** A stage that lets a call pass or refuses it, whatever it comes to. */
export type AdmissionStage = <R>(next: (call: Call) => Promise<R>) => (call: Call) => Promise<R>;

/** Flags of the access log that policies set on a call (the closed list of its `flags` field). */
export type CallFlag = 'RB' | 'BO' | 'PA' | 'LK' | 'URX' | 'HG' | 'FO' | 'CL' | 'DI' | 'FI' | 'FV' | 'OV';

/**
 * What was decided after an attempt:
 * - `answered`: its response is the response of the call;
 * - `replayed`: it never reached the endpoint, and is made again at another;
 * - `retried`: it is made again, within attempts, budget and time;
 * - the others: why it was not made again.
 */
export type RetryDecision =
  | 'answered'
  | 'replayed'
  | 'retried'
  | 'not_retriable'
  | 'content_not_kept'
  | 'attempts_used_up'
  | 'endpoint_says_stop'
  | 'no_time_left'
  | 'budget_spent'
  | 'given_up';

/** What all attempts of a call have in common, concurrent ones too. */
interface SharedFacts {
  /** In the order they were made. */
  readonly attempts: AttemptFacts[];
  readonly flags: CallFlag[];
  /** Ids of the endpoints tried so far. */
  readonly tried: string[];
  /** After each attempt, in order; undefined unless requested. */
  decisions?: RetryDecision[];
}

export class Call {
  readonly request: CallRequest;
  readonly startedAt: number;
  /** How many attempts what is left of the time may have to do for, the next one among them. */
  triesLeft = 1;
  readonly #timeoutMs: number;
  readonly #shared: SharedFacts;
  #cancelled: AmbassadorError | undefined;
  #onCancel: ((error: AmbassadorError) => void)[] = [];
  /** For those who end it when nothing else of it is needed any more. */
  readonly ending = new CallEnd();

  /** @param timeoutMs how long the whole call may take until the head of its response; 0 for ever */
  constructor(
    request: CallRequest,
    startedAt: number,
    timeoutMs: number,
    shared: SharedFacts = { attempts: [], flags: [], tried: [] },
  ) {
    this.request = request;
    this.startedAt = startedAt;
    this.#timeoutMs = timeoutMs;
    this.#shared = shared;
  }

  /** In the order they were made. */
  get attempts(): AttemptFacts[] {
    return this.#shared.attempts;
  }

  get flags(): readonly CallFlag[] {
    return this.#shared.flags;
  }

  /** Ids of the endpoints tried so far. */
  get tried(): string[] {
    return this.#shared.tried;
  }

  get tag(): string | undefined {
    return this.request.tag;
  }

  get hash(): number | undefined {
    return this.request.hash;
  }

  /** Whether it may fail at one endpoint and be sent to another. */
  get repeatable(): boolean {
    return this.idempotent && this.request.body.replayable;
  }

  /** Whether it may be carried out twice (RFC 9110 §9.2.2, or as its description says). */
  get idempotent(): boolean {
    const { method, headers, idempotent } = this.request;
    return idempotent === true || isIdempotent(method, headers);
  }

  /** Keeps what is decided after each attempt. */
  explain(): void {
    this.#shared.decisions ??= [];
  }

  /** Empty unless it was requested before. */
  get decisions(): readonly RetryDecision[] {
    return this.#shared.decisions ?? [];
  }

  decided(decision: RetryDecision): void {
    this.#shared.decisions?.push(decision);
  }

  /**
   * The same call, to be sent beside this one: it shares what was tried, ends with this one, and can be cancelled
   * alone.
   * @param own where it differs
   */
  fork(own?: Partial<Pick<CallRequest, 'tag' | 'path' | 'headers' | 'authority' | 'unruled'>>): Call {
    const request = own === undefined ? this.request : { ...this.request, ...own };
    const fork = new Call(request, this.startedAt, this.#timeoutMs, this.#shared);
    fork.triesLeft = this.triesLeft;
    if (this.#cancelled !== undefined) fork.cancel(this.#cancelled);
    const forget = this.onCancel((error) => fork.cancel(error));
    this.onFinished(() => {
      forget();
      fork.finish();
    });
    return fork;
  }

  /**
   * The same call as one that several callers share: what is tried for it is noted here, but it neither ends nor is
   * cancelled with this one. Its maker finishes it.
   * @param own what would belong to this caller alone
   */
  shared(now: number, own: Pick<CallRequest, 'body' | 'informational'>): Call {
    const left = this.remainingMs(now);
    const timeoutMs = Number.isFinite(left) ? Math.max(1, left) : 0;
    return new Call({ ...this.request, ...own }, now, timeoutMs, this.#shared);
  }

  /**
   * Milliseconds left. They count from the request's last byte, so that a long upload is not cut; in a wait before
   * anybody reads the content they count from its head.
   */
  remainingMs(now: number): number {
    if (this.#timeoutMs === 0) return Number.POSITIVE_INFINITY;
    const { body } = this.request;
    if (body.awaited) return this.#timeoutMs;
    return (body.arrivedAt ?? this.startedAt) + this.#timeoutMs - now;
  }

  flag(flag: CallFlag): void {
    if (!this.flags.includes(flag)) this.#shared.flags.push(flag);
  }

  /** Called once when the last byte of the response has left, or the call has ended otherwise; at once when it has. */
  onFinished(listener: () => void): void {
    this.ending.on(listener);
  }

  /** The call is over: whatever was held for it is let go. */
  finish(): void {
    this.ending.finish();
  }

  /** Why the call was given up from outside; undefined while it is wanted. */
  get cancelled(): AmbassadorError | undefined {
    return this.#cancelled;
  }

  /** Gives the call up: what is under way ends, and no stage begins anything new. */
  cancel(error: AmbassadorError): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = error;
    const listeners = this.#onCancel;
    this.#onCancel = [];
    for (const listener of listeners) listener(error);
  }

  /** @returns takes the listener back */
  onCancel(listener: (error: AmbassadorError) => void): () => void {
    this.#onCancel.push(listener);
    return () => {
      this.#onCancel = this.#onCancel.filter((other) => other !== listener);
    };
  }
}

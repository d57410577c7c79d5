// The innermost step: leases a place at an endpoint, sends one attempt, and gives the place back with its outcome.

import type { Duplex } from 'node:stream';
import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { AmbassadorError } from '../core/errors.ts';
import { GRPC_UNKNOWN, httpStatusOfGrpc, judgedStatus } from '../core/grpc-status.ts';
import type { Outcome } from '../core/outcome.ts';
import { localOutcome, NEUTRAL_OUTCOME, responseOutcome } from '../core/outcome.ts';
import type { AttemptFacts } from '../core/request-facts.ts';
import { authorityOf } from '../endpoint/endpoint.ts';
import type {
  Attempt,
  AttemptObserver,
  ResponseHead,
  TransportFailure,
  UpstreamResponse,
} from '../http/attempt.ts';
import { withTimeLeft } from '../http/deadline.ts';
import { isGrpc } from '../http/grpc.ts';
import type { Fields } from '../http/message.ts';
import { CONTINUE } from '../http/message.ts';
import { withoutOwnFields } from '../http/own-fields.ts';
import type { WireProgress } from '../http/progress.ts';
import { StallWatch } from '../http/stall-watch.ts';
import { WrappedResponse } from '../http/wrapped-response.ts';
import type { Call, CallResult, Send } from '../policy/call.ts';
import { AttemptFailed } from '../policy/retry/attempt-failed.ts';
import { grpcStatus } from '../policy/retry/grpc-status.ts';
import { Lease } from '../upstream/lease.ts';
import type { LeaseGiver } from '../upstream/upstream.ts';

/** What a timer may fire early by. */
const EARLY_MS = 0.5;

/** What an endpoint is given in any case before its silence is held against it, in milliseconds. */
const FAIR_MS = 250;

/** How long an endpoint may take to ask for content before the client is asked to send it anyway, in milliseconds. */
const CONTINUE_AFTER_MS = 1_000;
const CONTINUE_STATUS = 100;
const OK_STATUS = 200;
const SERVER_ERROR_STATUS = 500;

/** Smaller contents are never looked for in the kernel's buffers. */
const KERNEL_HOLDS_BYTES = 64 * 1024;

export interface DispatchTimeouts {
  /** Milliseconds that the policy gives a whole call; 0 for ever. */
  readonly request: number;
  /** Milliseconds until a response's head; 0 for no limit but the call's own, undefined for a share of that. */
  readonly perTry?: number | undefined;
  /** Milliseconds without a byte of a request that is still arriving; 0 for ever. */
  readonly idle: number;
  /** The same of a gRPC call. */
  readonly idleStream: number;
}

/** @param service whose calls they are */
export function dispatch(
  service: string,
  upstream: LeaseGiver,
  timeouts: DispatchTimeouts,
  clock: Clock,
): Send {
  return (call) =>
    new Promise((resolve, reject) => {
      if (call.cancelled !== undefined) {
        reject(call.cancelled);
        return;
      }
      const lease = upstream.pick(call);
      if (!(lease instanceof Lease)) {
        reject(lease);
        return;
      }
      if (lease.panic !== 'none') call.flag('PA');
      if (lease.tier > 0) call.flag('FV');
      try {
        new DispatchedAttempt(service, timeouts, clock, call, lease, resolve, reject).start();
      } catch (error) {
        lease[Symbol.dispose]();
        reject(error);
      }
    });
}

class DispatchedAttempt implements AttemptObserver {
  readonly #service: string;
  readonly #timeouts: DispatchTimeouts;
  readonly #clock: Clock;
  readonly #call: Call;
  readonly #lease: Lease;
  readonly #resolve: (result: CallResult) => void;
  readonly #reject: (error: AmbassadorError) => void;
  readonly #facts: AttemptFacts;
  readonly #traceFields: Fields | undefined;
  readonly #isGrpc: boolean;
  #attempt: Attempt | undefined;
  #timer: ScheduledTask | undefined;
  #continueTimer: ScheduledTask | undefined;
  #upload: StallWatch | undefined;
  #sendingAt: number | undefined;
  /** When the endpoint had the whole request, as far as is known here. */
  #sentAt: number | undefined;
  #unacknowledged: number | undefined;
  #unacknowledgedSince = 0;
  #settled = false;
  #tunnelled = false;
  readonly #forgetCancel: () => void;

  constructor(
    service: string,
    timeouts: DispatchTimeouts,
    clock: Clock,
    call: Call,
    lease: Lease,
    resolve: (result: CallResult) => void,
    reject: (error: AmbassadorError) => void,
  ) {
    this.#service = service;
    this.#timeouts = timeouts;
    this.#clock = clock;
    this.#call = call;
    this.#lease = lease;
    this.#resolve = resolve;
    this.#reject = reject;
    const { endpoint } = lease.upstream;
    const trace = call.request.trace?.attempt();
    this.#traceFields = trace?.fields;
    this.#isGrpc = call.request.method === 'POST' && isGrpc(call.request.headers);
    this.#facts = {
      endpointId: endpoint.id,
      authority: authorityOf(endpoint),
      service,
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
    this.#attempt = this.#lease.connections.send(
      {
        method: request.method,
        path: request.path,
        authority: request.authority,
        fields: this.#headers(),
        body: request.body.open(),
        upgrade: request.upgrade,
      },
      this,
    );
    // A failure, or the sending of it, may have come before.
    if (!this.#settled && this.#timer === undefined && this.#upload === undefined) this.#awaitHead();
  }

  #headers(): Fields {
    const { request } = this.#call;
    const headers = withTimeLeft(request.headers, this.#call.remainingMs(this.#facts.startedAt));
    if (this.#traceFields === undefined && !request.awaitsContinue()) return headers;
    return [
      ...headers,
      ...(this.#traceFields ?? []),
      ...(request.awaitsContinue() ? ['expect', CONTINUE] : []),
    ];
  }

  sending(): void {
    const { request } = this.#call;
    this.#sendingAt = this.#clock.now();
    request.body.leaves();
    if (!request.body.arriving) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#watchUpload();
    if (!request.awaitsContinue()) return;
    // Many servers take content without having asked for it (RFC 9110 §10.1.1).
    this.#continueTimer = this.#clock.schedule(CONTINUE_AFTER_MS, () => request.continueBody());
  }

  sent(): void {
    this.#upload?.stop();
    this.#upload = undefined;
    this.#call.request.body.left();
    this.#sentAt = this.#clock.now();
    this.#facts.sentMs = this.#sentAt - this.#facts.startedAt;
    if (this.#settled) return;
    this.#timer?.cancel();
    this.#awaitHead();
  }

  informational(head: ResponseHead): void {
    const { request } = this.#call;
    if (head.status === CONTINUE_STATUS) request.continueBody();
    else request.informational({ ...head, fields: withoutOwnFields(head.fields) });
  }

  head(response: UpstreamResponse): void {
    this.#headArrived(response);
    const headers = withoutOwnFields(response.fields);
    this.#resolve({
      kind: 'response',
      response: headers === response.fields ? response : new WrappedResponse(response, headers),
    });
  }

  upgraded(head: ResponseHead, socket: Duplex, progress: WireProgress): void {
    this.#headArrived(head);
    // The attempt ends with the upgrade, but the endpoint is busy for as long as the tunnel stands.
    this.#tunnelled = true;
    socket.once('close', () => this.#lease.ended(undefined));
    const fields = withoutOwnFields(head.fields);
    this.#resolve({ kind: 'tunnel', head: { ...head, fields }, socket, progress });
  }

  closed(failure: TransportFailure | undefined, trailers: Fields): void {
    this.#stopClocks();
    this.#forgetCancel();
    this.#facts.endMs = this.#clock.now() - this.#facts.startedAt;
    if (failure !== undefined) {
      this.#facts.failure ??= failure.reason;
      this.#facts.failureDetail ??= failure.detail;
    }
    const outcome = failure === undefined ? this.#grpcOutcome(trailers) : this.#outcomeOf(failure);
    if (outcome?.kind === 'neutral') this.#facts.neutral = true;
    if (!this.#tunnelled) this.#lease.ended(outcome, failure?.detail);
    if (failure !== undefined && !this.#settled) {
      this.#settled = true;
      this.#reject(this.#call.cancelled ?? new AttemptFailed(this.#service, this.#facts.authority, failure));
    }
  }

  /** What the trailers of a gRPC response say that its head did not; undefined for nothing bad. */
  #grpcOutcome(trailers: Fields): Outcome | undefined {
    const { status, grpcStatus: known } = this.#facts;
    if (!this.#isGrpc || known !== undefined || status !== OK_STATUS) return undefined;
    const code = grpcStatus(trailers) ?? GRPC_UNKNOWN;
    this.#facts.grpcStatus = code;
    if (code === this.#call.request.expectedGrpcStatus) return undefined;
    const judged = httpStatusOfGrpc(code);
    return judged >= SERVER_ERROR_STATUS ? responseOutcome(judged) : undefined;
  }

  /** A client in a hurry, or what other waits had left of the time, says nothing of the endpoint. */
  #outcomeOf(failure: TransportFailure): Outcome {
    const fairMs = Math.min(FAIR_MS, this.#timeouts.request || FAIR_MS);
    const hurried = failure.reason === 'deadline_exceeded' && (this.#facts.endMs ?? 0) < fairMs - EARLY_MS;
    return hurried || this.#wasWaiting(failure) ? NEUTRAL_OUTCOME : outcomeOf(failure);
  }

  /** A wait for a connection of ours says nothing of the endpoint. */
  #wasWaiting({ reason }: TransportFailure): boolean {
    const outOfTime = reason === 'deadline_exceeded' || reason === 'upstream_timeout';
    return outOfTime && this.#sendingAt === undefined;
  }

  #headArrived(head: ResponseHead): void {
    this.#settled = true;
    this.#stopClocks();
    const now = this.#clock.now();
    this.#facts.headMs = now - this.#facts.startedAt;
    this.#facts.status = head.status;
    if (this.#isGrpc) this.#facts.grpcStatus = grpcStatus(head.fields);
    // A slow upload is the client's doing.
    const sentAt = Math.max(this.#sendingAt ?? this.#facts.startedAt, this.#call.request.body.arrivedAt ?? 0);
    this.#facts.sentMs = sentAt - this.#facts.startedAt;
    const { grpcStatus: code } = this.#facts;
    const isExpected = code !== undefined && code === this.#call.request.expectedGrpcStatus;
    this.#lease.responded(head, now - sentAt, isExpected ? OK_STATUS : judgedStatus(this.#facts));
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

  get #idleMs(): number {
    return this.#isGrpc ? this.#timeouts.idleStream : this.#timeouts.idle;
  }

  #stopClocks(): void {
    this.#timer?.cancel();
    this.#continueTimer?.cancel();
    this.#upload?.stop();
  }

  /** Until its last byte an upload is only required to move. */
  #watchUpload(): void {
    const idle = this.#idleMs;
    if (idle === 0) return;
    this.#upload = new StallWatch({
      clock: this.#clock,
      idleMs: idle,
      connections: () => this.#connection(),
      onStalled: () => {
        if (this.#attempt?.progress?.writing === true) {
          this.#cancel('upstream_timeout', `no byte of the request was taken for ${idle} ms`);
        } else {
          this.#cancel('request_timeout', `no byte of the request came for ${idle} ms`);
        }
      },
    });
  }

  #connection(): readonly WireProgress[] {
    const progress = this.#attempt?.progress;
    return progress === undefined ? [] : [progress];
  }

  #awaitHead(): void {
    const now = this.#clock.now();
    const wait = this.#waitForHead(Math.max(this.#facts.startedAt, this.#sentAt ?? 0), now);
    if (!Number.isFinite(wait)) return;
    this.#timer = this.#clock.schedule(Math.max(0, wait), () => void this.#timeUp());
  }

  async #timeUp(): Promise<void> {
    const now = this.#clock.now();
    const since = Math.max(this.#facts.startedAt, this.#sentAt ?? 0);
    if (this.#waitForHead(since, now) > EARLY_MS) {
      this.#awaitHead();
      return;
    }
    if (await this.#isStillLeaving()) return;
    const callIsOver = this.#call.remainingMs(now) <= EARLY_MS;
    this.#cancel(
      callIsOver ? 'deadline_exceeded' : 'upstream_timeout',
      `no response within ${Math.round(now - since)} ms`,
    );
  }

  /** The kernel may hold much of what it has taken, for an endpoint that reads slowly: that is not silence yet. */
  async #isStillLeaving(): Promise<boolean> {
    const progress = this.#attempt?.progress;
    if (this.#sentAt === undefined || this.#call.request.body.received < KERNEL_HOLDS_BYTES) return false;
    const unacknowledged = await progress?.unacknowledged();
    if (unacknowledged === undefined || unacknowledged === 0 || this.#settled) return false;
    if (unacknowledged !== this.#unacknowledged) {
      this.#unacknowledged = unacknowledged;
      this.#unacknowledgedSince = this.#clock.now();
    }
    const idle = this.#idleMs;
    const quietMs = this.#clock.now() - this.#unacknowledgedSince;
    if (idle > 0 && quietMs >= idle) return false;
    this.#call.request.body.left();
    this.#sentAt = this.#clock.now();
    this.#awaitHead();
    return true;
  }

  #cancel(reason: TransportFailure['reason'], detail: string): void {
    if (this.#settled) return;
    // A wait for a connection is no request yet: it may be made again whatever its method.
    this.#attempt?.cancel({ reason, neverSent: this.#sendingAt === undefined, detail });
  }
}

/** What a failure says of the endpoint; the caller's own doings say nothing. */
function outcomeOf(failure: TransportFailure): Outcome {
  if (failure.neutral === true) return NEUTRAL_OUTCOME;
  switch (failure.reason) {
    case 'connect_failure':
    case 'tls_failure':
      return localOutcome('connect_failure');
    case 'upstream_reset':
      return localOutcome('reset');
    case 'upstream_timeout':
    case 'deadline_exceeded':
      return localOutcome('timeout');
    case 'upstream_protocol_error':
      return localOutcome('protocol_error');
    case 'certificate_unavailable':
    case 'connection_limit':
    case 'out_of_resources':
    case 'bad_request':
    case 'untranslatable_request':
    case 'message_too_large':
    case 'not_implemented':
    case 'client_gone':
    case 'request_timeout':
      return NEUTRAL_OUTCOME;
  }
}

// The innermost step: leases a place at an endpoint, sends one attempt, and gives the place back with its outcome.

import type { Duplex } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import type { AmbassadorError } from '../core/errors.ts';
import { GRPC_UNKNOWN, judgedStatus, statusText } from '../core/grpc-status.ts';
import type { Outcome } from '../core/outcome.ts';
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
import { WrappedResponse } from '../http/wrapped-response.ts';
import type { Call, CallResult, Send } from '../policy/call.ts';
import { AttemptFailed } from '../policy/retry/attempt-failed.ts';
import { grpcStatus } from '../policy/retry/grpc-status.ts';
import { Lease } from '../upstream/lease.ts';
import type { LeaseGiver } from '../upstream/upstream.ts';
import { failureOutcome, grpcTrailersOutcome } from './attempt-outcome.ts';
import type { TimedAttempt } from './attempt-times.ts';
import { AttemptTimes } from './attempt-times.ts';

const CONTINUE_STATUS = 100;
const OK_STATUS = 200;

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

class DispatchedAttempt implements AttemptObserver, TimedAttempt {
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
  readonly #times: AttemptTimes;
  #attempt: Attempt | undefined;
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
    const idleMs = this.#isGrpc ? timeouts.idleStream : timeouts.idle;
    this.#times = new AttemptTimes(this, call, clock, timeouts.perTry, idleMs);
    call.attempts.push(this.#facts);
    call.tried.push(endpoint.id);
    this.#forgetCancel = call.onCancel((error) => {
      this.cancel(error.reason === 'client_gone' ? 'client_gone' : 'deadline_exceeded', error.message);
    });
  }

  get settled(): boolean {
    return this.#settled;
  }

  get progress(): WireProgress | undefined {
    return this.#attempt?.progress;
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
    this.#times.started();
  }

  #headers(): Fields {
    const { request } = this.#call;
    const { startedAt } = this.#facts;
    const headers = withTimeLeft(request.headers, {
      untilHead: this.#call.remainingMs(startedAt),
      elapsed: startedAt - this.#call.startedAt,
    });
    if (this.#traceFields === undefined && !request.awaitsContinue()) return headers;
    return [
      ...headers,
      ...(this.#traceFields ?? []),
      ...(request.awaitsContinue() ? ['expect', CONTINUE] : []),
    ];
  }

  sending(): void {
    this.#call.request.body.leaves();
    this.#times.sending();
  }

  sent(): void {
    this.#call.request.body.left();
    this.#facts.sentMs = this.#times.sent();
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
    endWith(socket, this.#lease);
    const fields = withoutOwnFields(head.fields);
    this.#resolve({ kind: 'tunnel', head: { ...head, fields }, socket, progress });
  }

  closed(failure: TransportFailure | undefined, trailers: Fields): void {
    this.#times.stop();
    this.#forgetCancel();
    this.#facts.endMs = this.#clock.now() - this.#facts.startedAt;
    if (failure !== undefined) {
      this.#facts.failure ??= failure.reason;
      this.#facts.failureDetail ??= failure.detail;
    }
    const outcome = failure === undefined ? this.#grpcOutcome(trailers) : this.#outcomeOf(failure);
    if (outcome?.kind === 'neutral') this.#facts.neutral = true;
    if (!this.#tunnelled) this.#lease.ended(outcome, failure?.detail ?? statusText(this.#facts));
    if (failure !== undefined && !this.#settled) {
      this.#settled = true;
      this.#reject(this.#call.cancelled ?? new AttemptFailed(this.#service, this.#facts.authority, failure));
    }
  }

  #outcomeOf(failure: TransportFailure): Outcome {
    return failureOutcome(failure, {
      ranMs: this.#facts.endMs ?? 0,
      sending: this.#times.sendingAt !== undefined,
      callMs: this.#timeouts.request,
    });
  }

  #grpcOutcome(trailers: Fields): Outcome | undefined {
    const { status, grpcStatus: known } = this.#facts;
    if (!this.#isGrpc || known !== undefined || status !== OK_STATUS) return undefined;
    this.#facts.grpcStatus = grpcStatus(trailers) ?? GRPC_UNKNOWN;
    return grpcTrailersOutcome(this.#facts.grpcStatus, this.#call.request.expectedGrpcStatus);
  }

  #headArrived(head: ResponseHead): void {
    this.#settled = true;
    this.#times.stop();
    const now = this.#clock.now();
    this.#facts.headMs = now - this.#facts.startedAt;
    this.#facts.status = head.status;
    if (this.#isGrpc) this.#facts.grpcStatus = grpcStatus(head.fields);
    // A slow upload is the client's doing.
    const sentAt = Math.max(
      this.#times.sendingAt ?? this.#facts.startedAt,
      this.#call.request.body.arrivedAt ?? 0,
    );
    this.#facts.sentMs = sentAt - this.#facts.startedAt;
    const { grpcStatus: code } = this.#facts;
    const isExpected = code !== undefined && code === this.#call.request.expectedGrpcStatus;
    const judged = isExpected ? OK_STATUS : judgedStatus(this.#facts);
    this.#lease.responded(head, now - sentAt, judged, statusText(this.#facts));
  }

  cancel(reason: TransportFailure['reason'], detail: string): void {
    if (this.#settled) return;
    // A wait for a connection is no request yet: it may be made again whatever its method.
    this.#attempt?.cancel({ reason, neverSent: this.#times.sendingAt === undefined, detail });
  }
}

/** Holds nothing else of the attempt for as long as the tunnel stands. */
function endWith(socket: Duplex, lease: Lease): void {
  socket.on('close', () => lease.ended(undefined));
}

// The way of a request, from its head to the last byte of its answer: route, service, policies, and back.

import { AmbassadorError } from '../core/errors.ts';
import { GRPC_UNKNOWN } from '../core/grpc-status.ts';
import type { Reason } from '../core/reasons.ts';
import { REASONS } from '../core/reasons.ts';
import type { RequestTrace } from '../core/request-trace.ts';
import type { TransportFailure } from '../http/attempt.ts';
import { callTimeoutMs } from '../http/deadline.ts';
import type { Exchange } from '../http/exchange.ts';
import { fieldValue } from '../http/fields.ts';
import { isGrpc } from '../http/grpc.ts';
import { CONTINUE } from '../http/message.ts';
import type { CallResult } from '../policy/call.ts';
import { Call } from '../policy/call.ts';
import { ruledRequest } from '../policy/rewriting/request-rules.ts';
import type { ServiceRoute } from '../service/policy-in-force.ts';
import type { Service } from '../service/service.ts';
import { Activity } from './activity.ts';
import type { AnsweredRequest } from './client-fields.ts';
import { clientFields } from './client-fields.ts';
import { ConnectRequest } from './connect.ts';
import type { ForwarderDependencies } from './dependencies.ts';
import { DirectRequest } from './direct-request.ts';
import type { DirectDestination } from './forward-proxy.ts';
import { grpcRefusal } from './grpc-refusal.ts';
import { downstreamResponseHeaders, EXPLAIN_HEADER, upstreamRequestHeaders, wentThrough } from './headers.ts';
import { forwardsLeft, lastRecipientResponse } from './max-forwards.ts';
import { notHttp } from './not-http.ts';
import { problemAnswer } from './problem.ts';
import { ResponseRelay } from './relay.ts';
import { ReplayableBody } from './replayable-body.ts';
import { asksForExplanation, explanationHeader } from './request-explanation.ts';
import type { Route } from './route.ts';
import { routeRequest } from './route.ts';
import { sentHost } from './sent-host.ts';
import { Tunnel } from './tunnel.ts';

/** Carries exchanges. One per process; each request is an object of its own. */
export class Forwarder {
  /** Shared with what is under way beside requests. */
  readonly activity: Activity;
  readonly #dependencies: ForwarderDependencies;
  readonly #tunnels = new Set<Tunnel>();

  constructor(dependencies: ForwarderDependencies) {
    this.#dependencies = dependencies;
    this.activity = new Activity(dependencies.clock);
  }

  /** Requests under way, tunnels among them, and connections to services that are called over TCP. */
  get active(): number {
    return this.activity.active;
  }

  /** Never rejects: every fault becomes the response. */
  forward(exchange: Exchange): void {
    this.activity.begin();
    const done = (): void => this.activity.end();
    void this.#requestFor(exchange, done).run();
  }

  #requestFor(exchange: Exchange, done: () => void): { run(): void | Promise<void> } {
    const { method, target } = exchange.head;
    if (method === 'CONNECT') return new ConnectRequest(exchange, this.#dependencies, done);
    const direct = target.startsWith('/') ? undefined : this.#directDestination(exchange);
    return direct === undefined
      ? new ForwardedRequest(exchange, this.#dependencies, this.#tunnels, done)
      : new DirectRequest(exchange, direct, this.#dependencies, done);
  }

  /** Where a request in absolute form goes when that is no service. */
  #directDestination({ head, listenerService, tunnelAuthority }: Exchange): DirectDestination | undefined {
    const isNamed =
      listenerService !== undefined ||
      tunnelAuthority !== undefined ||
      fieldValue(head.fields, 'x-ambassador-service') !== undefined;
    if (isNamed || head.authority === undefined || !/^http:/i.test(head.target)) return undefined;
    return this.#dependencies.forwardProxy.directDestination(head.authority, 80);
  }

  /** Has both sides of every WebSocket that is open now close it, since this process is about to end. */
  goAway(): void {
    for (const tunnel of this.#tunnels) tunnel.goAway();
  }
}

class ForwardedRequest {
  readonly #exchange: Exchange;
  readonly #dependencies: ForwarderDependencies;
  readonly #tunnels: Set<Tunnel>;
  readonly #done: () => void;
  readonly #requestId: string;
  readonly #startedAt: number;
  readonly #startedAtWall: number;
  readonly #trace: RequestTrace | undefined;
  readonly #explains: boolean;
  readonly #isGrpc: boolean;
  #route: Route | undefined;
  #service: Service | undefined;
  #call: Call | undefined;
  #body: ReplayableBody | undefined;
  #relay: ResponseRelay | undefined;
  #status = 0;
  #headMs: number | undefined;
  #responseHeaders: readonly string[] | undefined;
  #upgraded = false;
  /** The client sends its content once it is asked to. */
  #awaitsContinue = false;
  #abandoned = false;
  #finished = false;

  constructor(
    exchange: Exchange,
    dependencies: ForwarderDependencies,
    tunnels: Set<Tunnel>,
    done: () => void,
  ) {
    this.#exchange = exchange;
    this.#dependencies = dependencies;
    this.#tunnels = tunnels;
    this.#done = done;
    this.#requestId = fieldValue(exchange.head.fields, 'x-request-id') ?? dependencies.newRequestId();
    this.#startedAt = dependencies.clock.now();
    this.#startedAtWall = dependencies.clock.wallTime();
    this.#trace = dependencies.tracer?.begin(exchange.head.fields);
    this.#explains = asksForExplanation(exchange);
    this.#isGrpc = exchange.head.method === 'POST' && isGrpc(exchange.head.fields);
  }

  async run(): Promise<void> {
    this.#exchange.onAbandoned(() => this.#callerLeft());
    try {
      const route = this.#checkedRoute();
      this.#route = route;
      if ((forwardsLeft(this.#exchange.head) ?? 0) < 0) {
        this.#respondAsLast();
        return;
      }
      const service = this.#dependencies.services.find(route.service) ?? (await this.#openService(route));
      this.#service = service;
      service.active++;
      this.#dependencies.observer.requestStarted(service.name);
      if (service.upstream.protocol === 'tcp') {
        throw notHttp(service.name, this.#dependencies.addressesOf(service.name));
      }
      if (this.#abandoned) throw callerGone();
      const { method, fields } = this.#exchange.head;
      const serviceRoute = service.routeFor({
        method,
        path: route.path,
        headers: fields,
        tag: route.service.tag,
      });
      const result = await this.#send(service, route, serviceRoute);
      const answered = {
        route,
        service,
        policy: serviceRoute.policy,
        authority: this.#exchange.head.authority,
        sentHost: this.#call?.request.authority,
      };
      this.#answer(answered, result);
    } catch (error) {
      this.#fail(AmbassadorError.from(error));
    }
  }

  async #openService({ service, proxiedTo }: Route): Promise<Service> {
    const { services, forwardProxy } = this.#dependencies;
    try {
      return await services.open(service, this.#patienceMs());
    } catch (error) {
      const { reason, message } = AmbassadorError.from(error);
      if (proxiedTo === undefined || reason !== 'unknown_service') throw error;
      throw new AmbassadorError(reason, `${message} ${forwardProxy.adviceFor(proxiedTo)}`);
    }
  }

  /** What the caller's own deadline allows, before the service and its policy are known. */
  #patienceMs(): number | undefined {
    const asked = callTimeoutMs(this.#exchange.head.fields, 0);
    return asked === 0 ? undefined : asked;
  }

  #checkedRoute(): Route {
    const { fields, target, expectation, method, authority } = this.#exchange.head;
    const { strangers } = this.#dependencies;
    const { listenerService, tunnelAuthority, remoteAddress } = this.#exchange;
    // Inside of a tunnel its host, and not the request's, says where it goes.
    strangers.check({ target: tunnelAuthority ?? target, authority, fields, remoteAddress });
    if (expectation !== undefined && expectation !== CONTINUE) {
      throw new AmbassadorError(
        'expectation_failed',
        `The expectation ${JSON.stringify(expectation)} is not one that can be met.`,
      );
    }
    if (wentThrough(fields, this.#dependencies.instanceId)) {
      throw new AmbassadorError(
        'loop_detected',
        'This request has come through this ambassador before: an endpoint of the service points back at it.',
      );
    }
    const { consulDomain, forwardProxy } = this.#dependencies;
    const route = routeRequest(
      { method, target, headers: fields },
      { listenerService, tunnelAuthority, consulDomain, forwardProxy },
    );
    strangers.checkService(route.service.name);
    return route;
  }

  #send(
    service: Service,
    { path, prefix, addressing, service: { tag } }: Route,
    { policy, send, hashOn }: ServiceRoute,
  ): Promise<CallResult> {
    const { clock, replayBudget, instanceId } = this.#dependencies;
    const exchange = this.#exchange;
    const { method, fields, version, upgrade, expectation, authority } = exchange.head;
    this.#awaitsContinue =
      expectation === CONTINUE && exchange.body !== undefined && exchange.body.whole === undefined;
    this.#body = new ReplayableBody(
      exchange.body,
      { perRequest: policy.retry.replayBuffer, budget: replayBudget },
      clock,
    );
    const headers = upstreamRequestHeaders(fields, {
      remoteAddress: exchange.remoteAddress,
      httpVersion: version,
      scheme: exchange.head.scheme,
      requestId: this.#requestId,
      authority,
      forwardsLeft: forwardsLeft(exchange.head),
      instanceId,
      via: service.policy.via !== false,
      prefix,
      traced: this.#trace !== undefined,
    });
    const ruled = ruledRequest({ path, headers }, policy);
    this.#call = new Call(
      {
        method,
        path: ruled === undefined ? path : ruled.path,
        headers: ruled === undefined ? headers : ruled.headers,
        unruled: ruled === undefined ? undefined : { path, headers },
        authority: sentHost(service.policy.host, addressing, authority),
        body: this.#body,
        upgrade,
        tag,
        hash: service.hashOf(path, { headers: fields, remoteAddress: exchange.remoteAddress }, hashOn),
        informational: (head) => exchange.inform({ ...head, fields: downstreamResponseHeaders(head.fields) }),
        awaitsContinue: () => this.#awaitsContinue,
        continueBody: () => {
          this.#awaitsContinue = false;
          exchange.continueBody();
        },
        trace: this.#trace,
      },
      this.#startedAt,
      callTimeoutMs(fields, policy.timeout.request),
    );
    if (this.#explains) this.#call.explain();
    return send(this.#call);
  }

  #answer(answered: AnsweredRequest, result: CallResult): void {
    const { clock } = this.#dependencies;
    const idleMs = answered.policy.timeout.idle;
    this.#body?.release();
    this.#headMs = clock.now() - this.#startedAt;
    if (result.kind === 'tunnel') {
      const { head, socket, progress } = result;
      this.#status = head.status;
      this.#upgraded = true;
      this.#responseHeaders = head.fields;
      const tunnel = new Tunnel(this.#exchange.tunnel(head), socket, {
        clock,
        idleMs,
        connections: [this.#exchange.progress, progress],
        isWebSocket: this.#exchange.head.upgrade?.toLowerCase() === 'websocket',
        onClosed: () => {
          this.#tunnels.delete(tunnel);
          this.#finish(undefined, undefined);
        },
      });
      this.#tunnels.add(tunnel);
      return;
    }
    const { response } = result;
    this.#status = response.status;
    const fields = clientFields(response.fields, answered);
    this.#responseHeaders = this.#withExplanation(fields);
    const writer = this.#exchange.respond({
      status: response.status,
      reasonPhrase: response.reasonPhrase,
      fields: this.#responseHeaders,
    });
    this.#relay = new ResponseRelay(response, this.#exchange, writer, {
      clock,
      idleMs,
      onFinished: (failure) => this.#finish(failure?.reason, failure?.detail),
    });
    this.#relay.run();
  }

  /** Max-Forwards says that the request goes no further. */
  #respondAsLast(): void {
    const { head, body } = lastRecipientResponse(this.#exchange.head);
    this.#status = head.status;
    this.#headMs = this.#dependencies.clock.now() - this.#startedAt;
    this.#responseHeaders = head.fields;
    const writer = this.#exchange.respond(head);
    writer.data(body);
    writer.end([]);
    this.#finish(undefined, undefined);
  }

  #withExplanation(headers: readonly string[]): readonly string[] {
    if (!this.#explains) return headers;
    const value = explanationHeader(this.#route, this.#service?.name, this.#call, this.#startedAt);
    return [...headers, EXPLAIN_HEADER, value];
  }

  #callerLeft(): void {
    this.#abandoned = true;
    const failure: TransportFailure = { reason: 'client_gone', neverSent: false, detail: 'the caller left' };
    if (this.#relay !== undefined) {
      this.#relay.stop(failure);
      return;
    }
    if (this.#call !== undefined) this.#call.cancel(callerGone());
  }

  #fail(error: AmbassadorError): void {
    this.#body?.release();
    if (error.reason === 'internal_error') {
      this.#dependencies.logger.error({ err: error.cause, requestId: this.#requestId }, error.message);
    }
    if (this.#abandoned) {
      this.#finish('client_gone', 'the caller left before its answer');
      return;
    }
    if (this.#status !== 0) {
      // Part of an answer is out already: it cannot be taken back, only broken off.
      this.#exchange.reset();
      this.#finish(error.reason, error.message);
      return;
    }
    const refuse = this.#isGrpc ? grpcRefusal : problemAnswer;
    const answer = refuse(error, {
      service: this.#route?.service.name ?? '',
      attempts: this.#call?.attempts.length ?? 0,
      requestId: this.#requestId,
      traceId: this.#trace?.traceId,
      typed: this.#dependencies.typed,
    });
    this.#status = answer.status;
    this.#headMs = this.#dependencies.clock.now() - this.#startedAt;
    this.#responseHeaders = this.#withExplanation(answer.headers);
    const writer = this.#exchange.respond({
      status: answer.status,
      reasonPhrase: '',
      fields: this.#responseHeaders,
    });
    writer.data(answer.body);
    writer.end([]);
    this.#finish(error.reason, error.message);
  }

  #grpcStatus(reason: Reason | undefined): number {
    if (reason !== undefined) return REASONS[reason].grpcStatus;
    return this.#call?.attempts.at(-1)?.grpcStatus ?? GRPC_UNKNOWN;
  }

  #finish(reason: Reason | undefined, detail: string | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#call?.finish();
    this.#body?.discard();
    if (this.#service !== undefined) this.#service.active--;
    const { observer, clock } = this.#dependencies;
    const flags: string[] = reason === undefined ? [] : [REASONS[reason].flag];
    if (this.#call !== undefined) flags.push(...this.#call.flags);
    observer.requestFinished({
      requestId: this.#requestId,
      startedAtWall: this.#startedAtWall,
      startedAt: this.#startedAt,
      method: this.#exchange.head.method,
      target: this.#exchange.head.target,
      httpVersion: this.#exchange.head.version,
      service: this.#service?.name ?? '',
      addressing: this.#route?.addressing,
      status: this.#status === 0 ? REASONS.client_gone.status : this.#status,
      grpcStatus: this.#isGrpc ? this.#grpcStatus(reason) : undefined,
      reason,
      detail,
      flags,
      attempts: this.#call?.attempts ?? [],
      durationMs: clock.now() - this.#startedAt,
      headMs: this.#headMs,
      bytesReceived: this.#body?.received ?? 0,
      bytesSent: this.#exchange.bytesWritten,
      requestHeaders: this.#exchange.head.fields,
      responseHeaders: this.#responseHeaders,
      remoteAddress: this.#exchange.remoteAddress,
      upgraded: this.#upgraded,
      traceId: this.#trace?.traceId,
      span: this.#trace?.span,
    });
    this.#done();
  }
}

function callerGone(): AmbassadorError {
  return new AmbassadorError('client_gone', 'The caller left before its answer.');
}

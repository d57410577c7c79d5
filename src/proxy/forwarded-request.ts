// The way of a request to a service, from its head to the last byte of its response: route, service, policies, and
// back.

import { AmbassadorError } from '../core/errors.ts';
import { grpcStatusOfHttp } from '../core/grpc-status.ts';
import type { Reason } from '../core/reasons.ts';
import { REASONS } from '../core/reasons.ts';
import type { RequestFacts } from '../core/request-facts.ts';
import type { RequestTrace } from '../core/request-trace.ts';
import type { TransportFailure } from '../http/attempt.ts';
import { callTimeoutMs } from '../http/deadline.ts';
import type { Exchange } from '../http/exchange.ts';
import { isGrpc } from '../http/grpc.ts';
import { OVERRIDE_FIELD } from '../http/own-fields.ts';
import type { Call, CallResult, Switched } from '../policy/call.ts';
import { responseIdleMs } from '../service/idle-time.ts';
import type { ServiceRoute } from '../service/policy-in-force.ts';
import type { Service } from '../service/service.ts';
import type { TranslatedExchange, Translation, Translator, WholeResponse } from '../translate/translation.ts';
import { beginTranslation } from './begin-translation.ts';
import { checkedRoute } from './checked-route.ts';
import type { RespondedRequest } from './client-fields.ts';
import { clientFields, switchedFields } from './client-fields.ts';
import type { ForwarderDependencies } from './dependencies.ts';
import type { Ending } from './ending.ts';
import { endingAs } from './ending.ts';
import { grpcBreak, grpcRefusal } from './grpc-refusal.ts';
import { EXPLAIN_HEADER, requestIdOf } from './headers.ts';
import { forwardsLeft, lastRecipientResponse } from './max-forwards.ts';
import { notHttp } from './not-http.ts';
import { outgoingCall } from './outgoing-call.ts';
import type { ProblemContext, ProblemResponse } from './problem.ts';
import { problemResponse } from './problem.ts';
import { ResponseRelay } from './relay.ts';
import { ReplayableBody } from './replayable-body.ts';
import { asksForExplanation, explanationHeader } from './request-explanation.ts';
import type { Route } from './route.ts';
import type { Tunnel } from './tunnel.ts';
import { UpgradedRequest } from './upgraded-request.ts';

export class ForwardedRequest {
  readonly #client: Exchange;
  /** What is sent, and what takes the response: the client's own exchange unless it is translated. */
  #exchange: Exchange;
  #translation: Translation | undefined;
  #translated: TranslatedExchange | undefined;
  readonly #dependencies: ForwarderDependencies;
  readonly #tunnels: Set<Tunnel>;
  readonly #done: () => void;
  readonly #requestId: string;
  readonly #startedAt: number;
  readonly #startedAtWall: number;
  readonly #trace: RequestTrace | undefined;
  readonly #explains: boolean;
  #isGrpc: boolean;
  #route: Route | undefined;
  #service: Service | undefined;
  #call: Call | undefined;
  #body: ReplayableBody | undefined;
  #relay: ResponseRelay | undefined;
  #status = 0;
  #headMs: number | undefined;
  #responseHeaders: readonly string[] | undefined;
  #upgraded = false;
  /** Where it goes in place of the service's own endpoints. */
  #override: string | undefined;
  #abandoned = false;
  #finished = false;

  constructor(
    exchange: Exchange,
    dependencies: ForwarderDependencies,
    tunnels: Set<Tunnel>,
    done: () => void,
  ) {
    this.#client = exchange;
    this.#exchange = exchange;
    this.#dependencies = dependencies;
    this.#tunnels = tunnels;
    this.#done = done;
    this.#requestId = requestIdOf(exchange.head.fields) ?? dependencies.newRequestId();
    this.#startedAt = dependencies.clock.now();
    this.#startedAtWall = dependencies.clock.wallTime();
    this.#trace = dependencies.tracer?.begin(exchange.head.fields);
    this.#explains = asksForExplanation(exchange);
    this.#isGrpc = isGrpcCall(exchange);
  }

  async run(): Promise<void> {
    this.#client.onAbandoned(() => this.#callerLeft());
    try {
      const route = checkedRoute(this.#client, this.#dependencies);
      this.#route = route;
      if ((forwardsLeft(this.#exchange.head) ?? 0) < 0) {
        this.#respondAsLast();
        return;
      }
      const service =
        this.#dependencies.services.find(route.service, this.#client.head.fields) ??
        (await this.#openService(route));
      this.#service = service;
      service.active++;
      this.#dependencies.observer.requestStarted(service.name);
      if (service.upstream.protocol === 'tcp') {
        throw notHttp(service.name, this.#dependencies.addressesOf(service.name));
      }
      const { translator } = service;
      if (
        translator !== undefined &&
        !(await this.#translate(translator, route.path, service.policy.timeout.idle))
      )
        return;
      if (this.#abandoned) throw callerGone();
      const { method, fields } = this.#client.head;
      this.#override = service.overriding.for(fields)?.address;
      const serviceRoute = service.routeFor({
        method,
        path: route.path,
        headers: fields,
        tag: route.service.tag,
      });
      const result = await this.#send(service, route, serviceRoute);
      const responded = {
        route,
        service,
        policy: serviceRoute.policy,
        authority: this.#client.head.authority,
        sentHost: this.#call?.request.authority,
        named: this.#dependencies,
      };
      this.#deliver(responded, result);
    } catch (error) {
      this.#fail(AmbassadorError.from(error));
    }
  }

  /** @returns whether there is something to ask an endpoint */
  async #translate(translator: Translator, path: string, idleMs: number): Promise<boolean> {
    const { clock } = this.#dependencies;
    this.#translation = translator.translationOf(this.#client, {
      path,
      patienceMs: this.#patienceMs(),
      problem: (error) => this.#problem(error),
    });
    if (this.#translation === undefined) return true;
    const translated = await beginTranslation(this.#translation, this.#client, { clock, idleMs });
    if (translated.kind === 'response') {
      this.#respondWith(translated.response);
      this.#finish(undefined, undefined);
      return false;
    }
    this.#translated = translated.exchange;
    this.#exchange = translated.exchange;
    this.#isGrpc = isGrpcCall(translated.exchange);
    translated.exchange.onFailed(({ reason, message }) => {
      this.#finish(reason, message);
      this.#relay?.stop(UNTRANSLATABLE);
    });
    return true;
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
    const asked = callTimeoutMs(this.#client.head.fields, 0);
    return asked === 0 ? undefined : asked;
  }

  #send(service: Service, route: Route, { policy, send, hashOn }: ServiceRoute): Promise<CallResult> {
    const { clock, replayBudget } = this.#dependencies;
    const replay = { perRequest: policy.retry.replayBuffer, budget: replayBudget };
    this.#body = new ReplayableBody(this.#exchange.body, replay, clock);
    this.#call = outgoingCall(this.#exchange, {
      service,
      route: this.#translated === undefined ? route : { ...route, path: this.#translated.head.target },
      policy,
      hashOn,
      body: this.#body,
      idempotent: this.#translated?.idempotent,
      requestId: this.#requestId,
      instanceId: this.#dependencies.instanceId,
      trace: this.#trace,
      startedAt: this.#startedAt,
    });
    if (this.#explains) this.#call.explain();
    return send(this.#call);
  }

  #deliver(responded: RespondedRequest, result: CallResult): void {
    const { clock } = this.#dependencies;
    this.#body?.release();
    this.#headMs = clock.now() - this.#startedAt;
    if (result.kind === 'tunnel') {
      this.#switch(responded, result);
      return;
    }
    const { response } = result;
    this.#status = response.status;
    const fields = clientFields(response.fields, responded);
    this.#responseHeaders = this.#withExplanation(fields);
    const writer = this.#exchange.respond({
      status: response.status,
      reasonPhrase: response.reasonPhrase,
      fields: this.#responseHeaders,
    });
    this.#relay = new ResponseRelay(response, this.#exchange, writer, {
      clock,
      idleMs: responseIdleMs(responded.policy, this.#exchange.head.fields, response.fields),
      trailersOfBreak: this.#speaksGrpc ? grpcBreak(response, this.#call?.attempts.at(-1)) : undefined,
      onFinished: (failure) => this.#finish(failure?.reason, failure?.detail),
    });
    this.#relay.run();
    if (this.#finished) this.#relay.stop(UNTRANSLATABLE);
  }

  #switch(responded: RespondedRequest, { head, socket, progress }: Switched): void {
    const { service, policy } = responded;
    this.#status = head.status;
    this.#upgraded = true;
    this.#responseHeaders = this.#withExplanation(switchedFields(head.fields, responded));
    const client = this.#exchange.tunnel({ ...head, fields: this.#responseHeaders });
    this.#finished = true;
    new UpgradedRequest({
      facts: this.#facts(SO_FAR),
      call: this.#call?.ending,
      service,
      tunnels: this.#tunnels,
      dependencies: this.#dependencies,
      done: this.#done,
    }).join(
      { client, endpoint: socket, progress: [this.#exchange.progress, progress] },
      this.#exchange.head.upgrade?.toLowerCase() === 'websocket',
      policy.timeout.idleStream,
    );
  }

  /** Max-Forwards says that the request goes no further. */
  #respondAsLast(): void {
    this.#respondWith(lastRecipientResponse(this.#client.head));
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
      // Part of a response has left already: it can only be broken off.
      this.#exchange.reset();
      this.#finish(error.reason, error.message);
      return;
    }
    this.#respondWith(this.#ofOverride(this.#refusal(error)));
    this.#finish(error.reason, error.message);
  }

  /** Says where it failed. */
  #ofOverride({ head, body }: WholeResponse): WholeResponse {
    const wasSent = (this.#call?.attempts.length ?? 0) > 0;
    if (this.#override === undefined || !wasSent) return { head, body };
    return { head: { ...head, fields: [...head.fields, OVERRIDE_FIELD, this.#override] }, body };
  }

  #respondWith({ head, body }: WholeResponse): void {
    this.#status = head.status;
    this.#headMs = this.#dependencies.clock.now() - this.#startedAt;
    this.#responseHeaders = this.#withExplanation(head.fields);
    const writer = this.#client.respond({ ...head, fields: this.#responseHeaders });
    writer.data(body);
    writer.end([]);
  }

  /** The client itself speaks gRPC. */
  get #speaksGrpc(): boolean {
    return this.#isGrpc && this.#translation === undefined;
  }

  /** In the client's protocol. */
  #refusal(error: AmbassadorError): WholeResponse {
    if (this.#translation !== undefined) return this.#translation.refusal(error);
    return this.#isGrpc ? refusalOf(grpcRefusal(error, this.#problemContext())) : this.#problem(error);
  }

  #problem(error: AmbassadorError): WholeResponse {
    return refusalOf(problemResponse(error, this.#problemContext()));
  }

  #problemContext(): ProblemContext {
    return {
      service: this.#route?.service.name ?? '',
      attempts: this.#call?.attempts.length ?? 0,
      requestId: this.#requestId,
      traceId: this.#trace?.traceId,
      typed: this.#dependencies.typed,
    };
  }

  #grpcStatus(reason: Reason | undefined): number {
    if (reason !== undefined) return REASONS[reason].grpcStatus;
    return this.#call?.attempts.at(-1)?.grpcStatus ?? grpcStatusOfHttp(this.#status);
  }

  #finish(reasonSoFar: Reason | undefined, detailSoFar: string | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    const { lifecycle, observer } = this.#dependencies;
    const ending = endingAs({ reason: reasonSoFar, detail: detailSoFar }, lifecycle.cutting);
    this.#call?.finish();
    this.#body?.discard();
    if (this.#service !== undefined) this.#service.active--;
    observer.requestFinished(this.#facts(ending));
    this.#done();
  }

  #facts({ reason, detail }: Ending): RequestFacts {
    const flags: string[] = reason === undefined ? [] : [REASONS[reason].flag];
    if (this.#call !== undefined) flags.push(...this.#call.flags);
    const sent = this.#translated?.sent;
    const status = sent?.status ?? this.#status;
    return {
      requestId: this.#requestId,
      startedAtWall: this.#startedAtWall,
      startedAt: this.#startedAt,
      method: this.#client.head.method,
      target: this.#client.head.target,
      httpVersion: this.#client.head.version,
      service: this.#service?.name ?? '',
      addressing: this.#route?.addressing,
      status: status === 0 ? REASONS.client_gone.status : status,
      grpcStatus: this.#isGrpc ? this.#grpcStatus(reason) : undefined,
      reason,
      detail,
      flags,
      attempts: this.#call?.attempts ?? [],
      durationMs: this.#dependencies.clock.now() - this.#startedAt,
      headMs: this.#headMs,
      bytesReceived: this.#body?.received ?? 0,
      bytesSent: this.#client.bytesWritten,
      requestHeaders: this.#client.head.fields,
      responseHeaders: sent?.fields ?? this.#responseHeaders,
      remoteAddress: this.#client.remoteAddress,
      upgraded: this.#upgraded,
      traceId: this.#trace?.traceId,
      span: this.#trace?.span,
    };
  }
}

/** Of a request that goes on. */
const SO_FAR: Ending = { reason: undefined, detail: undefined };

const UNTRANSLATABLE: TransportFailure = {
  reason: 'upstream_protocol_error',
  neverSent: false,
  detail: 'the response does not match the method',
};

function callerGone(): AmbassadorError {
  return new AmbassadorError('client_gone', 'The caller left before its answer.');
}

function isGrpcCall({ head: { method, fields } }: Exchange): boolean {
  return method === 'POST' && isGrpc(fields);
}

function refusalOf({ status, headers, body }: ProblemResponse): WholeResponse {
  return { head: { status, reasonPhrase: '', fields: headers }, body };
}

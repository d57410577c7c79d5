// The only file that knows the `consul` package. Its `_get` sends any parameter and gives the whole answer; its own
// methods drop parameters, and its `watch()` ends on a 400 and spins under churn.

import { EventEmitter } from 'node:events';
import type { ClientRequest, RequestOptions } from 'node:http';
import Consul from 'consul';
import type { Clock } from '../../core/clock.ts';
import type { DiscoveryQueryKind } from '../../core/discovery-query.ts';
import { messageOf } from '../../core/errors.ts';
import type { CompleteObserver } from '../../core/events.ts';
import { timeInWords } from '../../core/in-words.ts';
import { secrets } from '../../core/secrets.ts';
import type { DiscoveryFailure, DiscoveryFailureKind } from '../../endpoint/discovery-state.ts';
import { AnswerSink } from './answer-sink.ts';
import { ConsulConnections } from './consul-connections.ts';
import type { ConsulTls } from './consul-tls.ts';
import type { ConsulToken } from './consul-token.ts';
import { guardCall, UnusableAnswer } from './guarded-call.ts';
import { leaderlessDoubt, readContact } from './leader-contact.ts';

export interface ConsulClientOptions {
  /** `http://HOST:PORT`, `https://HOST:PORT` or `unix:///PATH`. */
  readonly address: string;
  /** For an address of https. Default: in the clear. */
  readonly tls?: ConsulTls | undefined;
  readonly token: ConsulToken;
  readonly clock: Clock;
  readonly observer: CompleteObserver;
}

export interface ConsulQuery {
  readonly kind: DiscoveryQueryKind;
  /** Below `/v1`, encoded. */
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Milliseconds for the whole answer. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Whether 404 says that there is no such thing: answered with the body null then. Default: it is a failure. */
  readonly mayBeAbsent?: boolean | undefined;
  /** The body as it came, a Buffer. Default: read as JSON. */
  readonly raw?: RawAnswer | undefined;
}

/** Where the bytes of an answer are put. */
export interface RawAnswer {
  /** Takes memory that nothing reads any more; undefined where there is none, and then it is new. */
  takeSpare(): Buffer | undefined;
}

const IN_NEW_MEMORY: RawAnswer = { takeSpare: () => undefined };

/** A change that the agent is asked to make. */
export interface ConsulCommand extends Omit<ConsulQuery, 'raw'> {
  /** Sent as JSON; undefined: none. */
  readonly body?: unknown;
}

export type ConsulAnswer =
  | {
      readonly ok: true;
      readonly body: unknown;
      /** By lower-case name. */
      readonly header: (name: string) => string | undefined;
    }
  | {
      readonly ok: false;
      readonly failure: DiscoveryFailure;
      readonly status: number | undefined;
      /** Whether no response came within the time limit. */
      readonly timedOut: boolean;
      readonly retryAfterMs: number | undefined;
    };

/** The part of the package that is used, which its types leave out. */
interface RawClient {
  _get(options: RawRequest): Promise<RawResponse>;
  _put(options: RawRequest & { readonly body?: unknown }): Promise<RawResponse>;
  _post(options: RawRequest & { readonly body: unknown }): Promise<RawResponse>;
  destroy(): void;
}

interface RawRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: number;
  /** Where the body goes, so that the decoding is ours: a refusal is one whatever stands in its body. */
  readonly pipe: AnswerSink;
  readonly ctx: EventEmitter;
  readonly exts: { readonly onRequest: (request: RawExchange, next: () => void) => void };
}

/** What the package's `onRequest` extension may change before the request leaves. */
interface RawExchange {
  transport: { request(options: RequestOptions): ClientRequest };
}

interface RawResponse {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export class ConsulClient {
  readonly #options: ConsulClientOptions;
  readonly #client: RawClient;
  readonly #connections: ConsulConnections;

  constructor(options: ConsulClientOptions) {
    this.#options = options;
    this.#connections = new ConsulConnections(options.tls);
    this.#client = new Consul(whereItListens(options.address)) as unknown as RawClient;
  }

  /** Never rejects: every fault is an answer that says so. */
  get(query: ConsulQuery): Promise<ConsulAnswer> {
    return this.#observed(query, async (request) => {
      const response = await this.#client._get(request);
      if (query.raw !== undefined && !beginsAsJson(request.pipe.bytes)) throw new UnusableAnswer(NOT_JSON);
      return response;
    });
  }

  /** A question that is asked with a body, which is sent as JSON. Never rejects. */
  ask({ body, ...query }: ConsulQuery & { readonly body: unknown }): Promise<ConsulAnswer> {
    return this.#observed(query, (request) => this.#client._post({ ...request, body }));
  }

  /** Never rejects. The response's body is a Buffer: Consul sends none that says more than its status. */
  put({ body, ...command }: ConsulCommand): Promise<ConsulAnswer> {
    const content = body === undefined ? {} : { body };
    return this.#observed({ ...command, raw: IN_NEW_MEMORY }, (request) =>
      this.#client._put({ ...request, ...content }),
    );
  }

  async #observed(
    query: ConsulQuery,
    send: (request: RawRequest) => Promise<RawResponse>,
  ): Promise<ConsulAnswer> {
    const startedAt = this.#options.clock.now();
    const answer = await this.#ask(query, send);
    if (!query.signal.aborted) {
      // A server that has lost its leader answers stale reads all the same.
      const failure = answer.ok ? leaderlessDoubt(readContact(answer.header)) : answer.failure;
      this.#options.observer.discoveryQueried({
        kind: query.kind,
        datacenter: query.parameters['dc'],
        outcome: failure?.kind ?? 'answered',
        detail: failure?.detail,
        timedOut: !answer.ok && answer.timedOut,
        durationMs: this.#options.clock.now() - startedAt,
      });
    }
    return answer;
  }

  close(): void {
    this.#client.destroy();
    this.#connections.close();
    this.#options.tls?.close();
  }

  async #ask(
    { path, parameters, timeoutMs, signal, raw, mayBeAbsent }: ConsulQuery,
    send: (request: RawRequest) => Promise<RawResponse>,
  ): Promise<ConsulAnswer> {
    const token = await this.#options.token.current();
    const context = new EventEmitter();
    const sink = new AnswerSink(raw?.takeSpare());
    const cancel = (): void => {
      context.emit('cancel');
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      if (signal.aborted) return unanswered({ kind: 'unreachable', detail: 'the query was taken back' });
      this.#connections.renew();
      const response = await send({
        path,
        query: parameters,
        headers: token === undefined ? {} : { 'x-consul-token': token },
        timeout: timeoutMs,
        pipe: sink,
        ctx: context,
        exts: { onRequest: (request, next) => this.#sendGuarded(request, next) },
      });
      const body = raw === undefined ? decode(sink.bytes) : sink.bytes;
      return { ok: true, body, header: (name) => headerOf(response, name) };
    } catch (error) {
      const absent = mayBeAbsent === true ? responseOf(error) : undefined;
      if (absent?.statusCode === 404) {
        return { ok: true, body: null, header: (name) => headerOf(absent, name) };
      }
      const ofTls = error instanceof Error ? this.#options.tls?.explain(error) : undefined;
      if (ofTls !== undefined)
        return unanswered({ kind: 'unreachable', detail: `Consul: ${ofTls}`, saysRemedy: true });
      return describeFailure(error, sink.bytes);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  /**
   * The package waits for its time limit when an answer is cut in the middle, where the connection's end is enough,
   * keeps an answer of any length, and reads interim responses for as long as they come.
   */
  #sendGuarded(exchange: RawExchange, next: () => void): void {
    exchange.transport = {
      request: (options) => {
        const call = this.#connections.request(options);
        guardCall(call);
        return call;
      },
    };
    next();
  }
}

const NOT_JSON = 'the answer is not JSON';

function decode(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new UnusableAnswer(NOT_JSON);
  }
}

/** Enough to tell the page of a proxy or a login from Consul, which counts as failing then. */
function beginsAsJson(body: Buffer): boolean {
  return /^\s*(\[|\{|null)/.test(body.toString('latin1', 0, 64));
}

function whereItListens(address: string): object {
  return address.startsWith('unix:')
    ? { baseUrl: 'http://localhost/v1', socketPath: address.replace(/^unix:(\/\/)?/, '') }
    : { baseUrl: `${address.replace(/\/+$/, '')}/v1` };
}

function headerOf(response: RawResponse, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function unanswered(failure: DiscoveryFailure, timedOut = false): ConsulAnswer {
  return { ok: false, failure, status: undefined, timedOut, retryAfterMs: undefined };
}

function describeFailure(error: unknown, body: Buffer): ConsulAnswer {
  const response = responseOf(error);
  if (response === undefined) {
    const kind = error instanceof UnusableAnswer ? 'malformed' : 'unreachable';
    const message = withoutPackage(secrets.redact(messageOf(error)));
    return unanswered({ kind, detail: `Consul: ${faultText(message)}` }, TIMED_OUT.test(message));
  }
  const { statusCode: status } = response;
  const said = inOneLine(body.toString());
  const hint = redirectHint(status, headerOf(response, 'location')) ?? hintFor(status, said);
  const detail = `Consul answered ${status}${said === '' ? '' : `: ${said}`}${hint}`;
  const seconds = Number(headerOf(response, 'retry-after'));
  return {
    ok: false,
    failure: {
      kind: UNUSABLE_FILTER.test(said) ? 'rejected' : kindOfStatus(status),
      detail,
      ...(WANTS_TLS.test(said) ? { saysRemedy: true } : {}),
    },
    status,
    timedOut: false,
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined,
  };
}

/** How the package says that its time limit has passed. */
const TIMED_OUT = /^request timed out \(([\d.]+)ms\)$/;

function withoutPackage(message: string): string {
  return message.replace(/^(consul|papi): /, '');
}

/** The words of the package and of node:http, as a person would put them; what names an errno stays. */
function faultText(text: string): string {
  const timeoutMs = TIMED_OUT.exec(text)?.[1];
  if (timeoutMs !== undefined) return `no answer within ${timeInWords(Number(timeoutMs))}`;
  return text === 'socket hang up' ? 'it closed the connection without an answer' : text;
}

/** Consul answers 500 to a filter that it cannot follow, such as one of a subset: it fails for that question alone. */
const UNUSABLE_FILTER = /^Failed to (?:create boolean expression evaluator|parse filter)/i;

/** Consul redirects nothing below /v1: what does stands before it, and may want TLS. The token is not taken elsewhere. */
function redirectHint(status: number, location: string | undefined): string | undefined {
  if (status < 300 || status >= 400 || location === undefined) return undefined;
  const place = URL.canParse(location) ? new URL(location).origin : 'another path of its own';
  return ` (a redirect to ${place}, which is not followed: consul.address is to be where Consul itself answers)`;
}

/** How Go's servers answer in the clear at a port where they speak TLS. */
const WANTS_TLS = /^Client sent an HTTP request to an HTTPS server/;

/** Consul says the same of a token that has expired, was deleted, or never was. */
function hintFor(status: number, said: string): string {
  if (WANTS_TLS.test(said)) return ' (write https:// in consul.address, or set CONSUL_HTTP_SSL=true)';
  return status === 403 && said.startsWith('ACL not found')
    ? ' (it does not know the token: it has expired or was deleted, or it is of another datacenter)'
    : '';
}

function kindOfStatus(status: number): DiscoveryFailureKind {
  if (status === 401 || status === 403) return 'permission_denied';
  if (status === 429) return 'rate_limited';
  return status < 500 ? 'rejected' : 'server_error';
}

function responseOf(error: unknown): RawResponse | undefined {
  if (!(error instanceof Error) || !('response' in error)) return undefined;
  const { response } = error;
  return typeof response === 'object' && response !== null && 'statusCode' in response
    ? (response as RawResponse)
    : undefined;
}

function inOneLine(text: string): string {
  // Before it is cut: a part of a secret is one too.
  return secrets.redact(text).replace(/\s+/g, ' ').trim().slice(0, 200);
}

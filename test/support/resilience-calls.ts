// Calls and answers for tests of policies, without a wire.

import type { CompleteObserver } from '../../src/core/events.ts';
import { silentObserver } from '../../src/core/events.ts';
import type { AttemptFacts } from '../../src/core/request-facts.ts';
import type { ResponseSink, TransportFailure, UpstreamResponse } from '../../src/http/attempt.ts';
import type { Fields } from '../../src/http/message.ts';
import type { CallBody, CallRequest, CallResult } from '../../src/policy/call.ts';
import { Call } from '../../src/policy/call.ts';
import { attemptFacts } from './request-facts.ts';

export interface TestCallOptions {
  readonly now?: number;
  readonly timeoutMs?: number;
  readonly headers?: readonly string[];
  readonly method?: string;
  readonly path?: string;
  readonly body?: Partial<CallBody>;
}

export function testCall(options: TestCallOptions = {}): Call {
  const { now = 0, timeoutMs = 0, headers = [], method = 'GET', path = '/' } = options;
  const request: CallRequest = {
    method,
    path,
    headers,
    body: {
      replayable: true,
      arriving: false,
      awaited: false,
      arrivedAt: undefined,
      received: 0,
      open: () => undefined,
      leaves: () => {},
      left: () => {},
      release: () => {},
      ...options.body,
    },
    upgrade: undefined,
    hash: undefined,
    informational: () => {},
    awaitsContinue: () => false,
    continueBody: () => {},
  };
  return new Call(request, now, timeoutMs);
}

/** A response whose body the test ends. */
export class TestResponse implements UpstreamResponse {
  readonly status: number;
  readonly reasonPhrase = '';
  readonly progress = undefined;
  readonly fields: Fields;
  abandoned = false;
  /** Whether its reader asked it to wait. */
  paused = false;
  #sink: ResponseSink | undefined;

  constructor(status: number, headers: Fields = []) {
    this.status = status;
    this.fields = headers;
  }

  deliver(sink: ResponseSink): void {
    this.#sink = sink;
  }

  resume(): void {
    this.paused = false;
  }

  abandon(): void {
    this.abandoned = true;
    this.#sink = undefined;
  }

  data(text: string): void {
    if (this.#sink?.data(Buffer.from(text)) === false) this.paused = true;
  }

  end(): void {
    this.#sink?.end([]);
  }

  break(failure: TransportFailure): void {
    this.#sink?.broken(failure);
  }
}

export function answer(status = 200, headers: Fields = []): CallResult & { kind: 'response' } {
  return { kind: 'response', response: new TestResponse(status, headers) };
}

/** A reader of a body that takes as much as the test lets it. */
export class CollectingSink implements ResponseSink {
  /** False asks the response to wait after each part. */
  accepts = true;
  text = '';
  outcome: 'whole' | TransportFailure | undefined;

  data(chunk: Buffer): boolean {
    this.text += chunk.toString();
    return this.accepts;
  }

  end(): void {
    this.outcome = 'whole';
  }

  broken(failure: TransportFailure): void {
    this.outcome = failure;
  }
}

/** Notes an attempt on the call, as the dispatch does. */
export function attempted(call: Call, facts: Partial<AttemptFacts>): void {
  call.attempts.push(attemptFacts(facts));
}

/** A promise that the test settles. */
export interface Held<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

export function held<T>(): Held<T> {
  return Promise.withResolvers<T>();
}

/** Keeps what is reported, as text. */
export function recordingResilience(): CompleteObserver & { readonly reports: string[] } {
  const reports: string[] = [];
  return {
    ...silentObserver,
    reports,
    circuitChanged: (service, { from, to, cause }) => reports.push(`${service} ${from} ${to} ${cause}`),
    wouldBreak: (service) => reports.push(`would_break ${service}`),
    wouldShed: (service, policy) => reports.push(`would_shed ${service} ${policy}`),
    wouldLimit: (service) => reports.push(`would_limit ${service}`),
  };
}

// Calls and answers for tests of policies, without a wire.

import type { AttemptFacts } from '../../src/core/observer.ts';
import type { CallRequest, CallResult } from '../../src/resilience/call.ts';
import { Call } from '../../src/resilience/call.ts';
import type { ResilienceObserver } from '../../src/resilience/resilience-observer.ts';
import { SilentResilienceObserver } from '../../src/resilience/resilience-observer.ts';
import type { ResponseSink, TransportFailure, UpstreamResponse } from '../../src/transport/transport.ts';
import { attemptFacts } from './request-facts.ts';

export interface TestCallOptions {
  readonly now?: number;
  readonly timeoutMs?: number;
  readonly headers?: readonly string[];
}

export function testCall({ now = 0, timeoutMs = 0, headers = [] }: TestCallOptions = {}): Call {
  const request: CallRequest = {
    method: 'GET',
    path: '/',
    headers,
    body: {
      replayable: true,
      arriving: false,
      arrivedAt: undefined,
      received: 0,
      open: () => null,
      release: () => {},
    },
    upgrade: undefined,
    hash: undefined,
    informational: () => {},
  };
  return new Call(request, now, timeoutMs);
}

/** A response whose body the test ends. */
export class TestResponse implements UpstreamResponse {
  readonly status: number;
  readonly statusText = '';
  readonly headers = [];
  #sink: ResponseSink | undefined;

  constructor(status: number) {
    this.status = status;
  }

  deliver(sink: ResponseSink): void {
    this.#sink = sink;
  }

  resume(): void {}

  abandon(): void {}

  end(): void {
    this.#sink?.end([]);
  }

  break(failure: TransportFailure): void {
    this.#sink?.broken(failure);
  }
}

export function answer(status = 200): CallResult {
  return { kind: 'response', response: new TestResponse(status) };
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

/** Notes what is reported, as words. */
export function recordingResilience(): ResilienceObserver & { readonly reports: string[] } {
  const reports: string[] = [];
  return {
    ...SilentResilienceObserver,
    reports,
    circuitChanged: (service, { from, to, cause }) => reports.push(`${service} ${from} ${to} ${cause}`),
    wouldBreak: (service) => reports.push(`would_break ${service}`),
    wouldShed: (service, policy) => reports.push(`would_shed ${service} ${policy}`),
    wouldLimit: (service) => reports.push(`would_limit ${service}`),
  };
}

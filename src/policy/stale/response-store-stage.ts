// The stage that fills the response store: it observes responses as they pass, and never responds itself.

import type { Clock } from '../../core/clock.ts';
import type { UpstreamResponse } from '../../http/attempt.ts';
import { fieldValue } from '../../http/fields.ts';
import type { Call, Stage } from '../call.ts';
import type { StaleOptions } from './fallback-options.ts';
import type { ResponseStore, StoredRequest } from './response-store.ts';
import { lifetimeOf, storingVerdict } from './storing-rules.ts';
import { TappedResponse } from './tapped-response.ts';

export interface ResponseStoreDependencies {
  readonly service: string;
  readonly clock: Clock;
  readonly store: ResponseStore;
}

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Belongs inside of coalescing, so that a response that many share is kept once, and outside of all that may refuse. */
export function responseStoreStage(options: StaleOptions, dependencies: ResponseStoreDependencies): Stage {
  const { service, clock, store } = dependencies;
  return (next) => async (call) => {
    const sentAt = clock.now();
    const result = await next(call);
    if (result.kind === 'tunnel') return result;
    const { response } = result;
    const { method, path } = call.request;
    if (!SAFE.has(method)) {
      if (response.status < 400) store.invalidate(service, path);
      return result;
    }
    const request = storedRequest(call, service, options);
    const verdict = storingVerdict(request, response);
    if (verdict === 'drop') store.drop(request);
    if (
      verdict !== 'store' ||
      Number(fieldValue(response.fields, 'content-length') ?? 0) > options.maxEntry
    ) {
      return result;
    }
    return { kind: 'response', response: tapped(response, request, clock.now() - sentAt) };
  };

  function tapped(response: UpstreamResponse, request: StoredRequest, delayMs: number): UpstreamResponse {
    const { fields } = response;
    const lifetime = lifetimeOf(fields, delayMs, clock.wallTime(), options.maxStale);
    const cameAt = clock.now();
    return new TappedResponse(response, options.maxEntry, store, (body) =>
      store.put(request, fields, body, lifetime, cameAt),
    );
  }
}

/** The request as the store knows it. */
export function storedRequest(
  { request }: Call,
  service: string,
  { keyHeaders }: StaleOptions,
): StoredRequest {
  const { method, path, headers, tag } = request;
  return { service, method, path, tag, headers, keyHeaders };
}

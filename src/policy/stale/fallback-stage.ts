// The fallback stage: when all inside has failed, a stored response, another service's, or a static one.

import type { Clock } from '../../core/clock.ts';
import { AmbassadorError } from '../../core/errors.ts';
import type { Reason } from '../../core/reasons.ts';
import type { UpstreamResponse } from '../../http/attempt.ts';
import { withField } from '../../http/fields.ts';
import { WrappedResponse } from '../../http/wrapped-response.ts';
import type { Call, CallResult, Stage } from '../call.ts';
import { AttemptFailed } from '../retry/attempt-failed.ts';
import type { FallbackOptions } from './fallback-options.ts';
import { MemoryResponse } from './memory-response.ts';
import type { ResponseStore } from './response-store.ts';
import { storedRequest } from './response-store-stage.ts';

/** Tells the caller what it got: `static`, `service` or `stale`. */
export const FALLBACK_HEADER = 'x-ambassador-fallback';

export interface FallbackDependencies {
  readonly service: string;
  readonly clock: Clock;
  /** Filled by the stage of the store. */
  readonly store: ResponseStore;
  /** Sends the call to another service, through that one's own policies. */
  readonly sendTo: (service: string, call: Call) => Promise<CallResult>;
}

/** Failures of the service or the way there. Those of the caller, and the ambassador's own faults, stand. */
const REPLACEABLE: ReadonlySet<Reason> = new Set<Reason>([
  'no_healthy_endpoint',
  'discovery_unavailable',
  'connect_failure',
  'tls_failure',
  'certificate_unavailable',
  'upstream_reset',
  'upstream_protocol_error',
  'upstream_timeout',
  'deadline_exceeded',
  'circuit_open',
  'isolated',
  'bulkhead_full',
  'rate_limited',
]);

/** What is sent unless there is a fallback. */
type Failed =
  | { readonly kind: 'error'; readonly error: AmbassadorError }
  | { readonly kind: 'response'; readonly response: UpstreamResponse };

/** Belongs outermost: whatever failed inside, a response may still be given. */
export function fallbackStage(options: FallbackOptions, dependencies: FallbackDependencies): Stage {
  const fallbacks = new Fallbacks(options, dependencies);
  return (next) => async (call) => {
    let failed: Failed;
    try {
      const result = await next(call);
      if (result.kind === 'tunnel' || !fallbacks.replaces(result.response.status)) return result;
      failed = result;
    } catch (error) {
      const replaceable = error instanceof AmbassadorError && REPLACEABLE.has(error.reason);
      if (!replaceable || call.cancelled !== undefined) throw error;
      failed = { kind: 'error', error };
    }
    const fallback = await fallbacks.find(call, failed).catch((error: unknown) => {
      discard(failed);
      throw error;
    });
    if (fallback === undefined) {
      if (failed.kind === 'error') throw failed.error;
      return failed;
    }
    call.flag('FO');
    discard(failed);
    return fallback;
  };
}

function discard(failed: Failed): void {
  if (failed.kind === 'response') failed.response.abandon();
}

class Fallbacks {
  readonly #options: FallbackOptions;
  readonly #dependencies: FallbackDependencies;

  constructor(options: FallbackOptions, dependencies: FallbackDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  replaces(status: number): boolean {
    return this.#options.statuses.has(status) || this.#options.stale?.statuses.has(status) === true;
  }

  async find(call: Call, failed: Failed): Promise<CallResult | undefined> {
    const stale = this.#stale(call, failed);
    if (stale !== undefined) return stale;
    if (failed.kind === 'response' && !this.#options.statuses.has(failed.response.status)) return undefined;
    return (await this.#otherService(call, failed)) ?? this.#static(call);
  }

  #stale(call: Call, failed: Failed): CallResult | undefined {
    const { stale } = this.#options;
    const { method } = call.request;
    // The response to GET, without its content, is the response to HEAD (RFC 9111 §4).
    if (stale === undefined || (method !== 'GET' && method !== 'HEAD')) return undefined;
    if (failed.kind === 'response' && !stale.statuses.has(failed.response.status)) return undefined;
    const { store, service, clock } = this.#dependencies;
    const stored = store.find(storedRequest(call, service, stale), clock.now());
    if (stored === undefined) return undefined;
    const aged = withField(stored.headers, 'age', String(Math.floor(stored.ageMs / 1000)));
    return marked('stale', new MemoryResponse(200, aged, stored.body, method));
  }

  async #otherService(call: Call, failed: Failed): Promise<CallResult | undefined> {
    const { service } = this.#options;
    // Two services that stand in for each other would send a call round for ever.
    const { service: own } = this.#dependencies;
    if (service === undefined || service === own || call.flags.includes('FO')) return undefined;
    if (call.remainingMs(this.#dependencies.clock.now()) <= 0 || !mayBeSentAgain(call, failed))
      return undefined;
    if (!call.request.body.replayable) {
      call.flag('BO');
      return undefined;
    }
    call.flag('FO');
    try {
      const result = await this.#dependencies.sendTo(service, call);
      if (result.kind === 'tunnel') return result;
      if (!this.#options.statuses.has(result.response.status)) return marked('service', result.response);
      result.response.abandon();
      return undefined;
    } catch (error) {
      if (call.cancelled !== undefined || !(error instanceof AmbassadorError)) throw error;
      return undefined;
    }
  }

  #static(call: Call): CallResult | undefined {
    const answer = this.#options.static;
    if (answer === undefined) return undefined;
    return marked(
      'static',
      new MemoryResponse(answer.status, answer.headers, answer.body, call.request.method),
    );
  }
}

function marked(kind: 'static' | 'service' | 'stale', response: UpstreamResponse): CallResult {
  const headers = withField(response.fields, FALLBACK_HEADER, kind);
  return { kind: 'response', response: new WrappedResponse(response, headers) };
}

/** As for a retry: what may have taken effect must not take effect twice. */
function mayBeSentAgain({ attempts, idempotent }: Call, failed: Failed): boolean {
  if (attempts.length === 0 || idempotent) return true;
  return failed.kind === 'error' && failed.error instanceof AttemptFailed && failed.error.failure.neverSent;
}

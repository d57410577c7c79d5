// An upstream in place of a service's own: one endpoint that an operator named, and the service's policies around it. What
// protects the service as others know it, or speaks for it, is left out: the endpoint is to be seen as it is.

import { isDeepStrictEqual } from 'node:util';
import type { Operator } from '../core/config-events.ts';
import { silentObserver } from '../core/events.ts';
import type { OverrideFacts } from '../core/override-facts.ts';
import type { StaticEndpoint } from '../discovery/endpoint-options.ts';
import { StaticSource } from '../discovery/static/static-source.ts';
import { authorityOf } from '../endpoint/endpoint.ts';
import { ALL_ENDPOINTS } from '../endpoint/endpoint-part.ts';
import type { Transport } from '../http/attempt.ts';
import type { FieldMatch } from '../http/fields.ts';
import { matchesField } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';
import { OVERRIDE_FIELD } from '../http/own-fields.ts';
import { WrappedResponse } from '../http/wrapped-response.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';
import type { Call, CallResult, Send } from '../policy/call.ts';
import type { RetryBudget } from '../policy/retry/retry-budget.ts';
import type { LeaseGiver } from '../upstream/upstream.ts';
import { Upstream } from '../upstream/upstream.ts';
import type { PolicyParts, ServiceRoute } from './policy-in-force.ts';
import { PolicyInForce } from './policy-in-force.ts';
import type { Protections } from './protections.ts';
import type { MatchableRequest } from './route-match.ts';
import type { CallPolicy, ServicePolicy } from './service-policy.ts';

export interface OverrideTerms extends Operator {
  readonly place: StaticEndpoint;
  /** Only requests with this header; undefined for all. */
  readonly header: FieldMatch | undefined;
  /** Milliseconds until it ends by itself; undefined: when an operator ends it. */
  readonly forMs: number | undefined;
}

export interface OverrideParts
  extends Pick<
    PolicyParts,
    'service' | 'clock' | 'random' | 'observer' | 'responseStore' | 'sendToService' | 'active'
  > {
  readonly policy: ServicePolicy;
  readonly transport: Transport;
  readonly addresses: CallableAddresses | undefined;
  /** A request goes there. */
  readonly used: (call: Call) => void;
}

/** How often it is asked whether the last request of an override that ended is done, in milliseconds. */
const RETIREMENT_CHECK_MS = 1_000;

export class Override {
  readonly terms: OverrideTerms;
  readonly upstream: Upstream;
  /** Milliseconds since the Unix epoch. */
  readonly sinceWall: number;
  readonly #parts: OverrideParts;
  readonly #policyParts: PolicyParts;
  #inForce: PolicyInForce;
  #active = 0;

  constructor(terms: OverrideTerms, parts: OverrideParts) {
    const { service, clock, policy } = parts;
    this.terms = terms;
    this.#parts = parts;
    this.sinceWall = clock.wallTime();
    const own = overridePolicy(policy);
    const upstream = new Upstream({
      ...parts,
      name: service,
      policy: own,
      source: new StaticSource([terms.place]),
      provenance: 'static',
      // The service is what is reported on.
      observer: silentObserver,
    });
    this.upstream = upstream;
    this.#policyParts = {
      ...parts,
      usable: () => upstream.endpoints.usableIds(),
      causes: () => upstream.causes(),
      describeEndpoints: () => upstream.describeEndpoints(),
      upstream: this.leases,
      untried: (call) => upstream.endpoints.subset(ALL_ENDPOINTS).untried(call.tried),
      around: (send, call) => this.#send(send, call),
      followed: () => undefined,
      changed: (unchanged) => unchanged,
    };
    this.#inForce = new PolicyInForce(own, this.#policyParts);
    upstream.start();
  }

  get address(): string {
    return authorityOf(this.terms.place);
  }

  get facts(): OverrideFacts {
    const { header, forMs, who, why } = this.terms;
    return { address: this.address, header: header && headerText(header), forMs, who, why };
  }

  get policy(): ServicePolicy {
    return this.#inForce.policy;
  }

  get protections(): Protections {
    return this.#inForce.protections;
  }

  get retryBudget(): RetryBudget {
    return this.#inForce.retryBudget;
  }

  /** @param fields undefined for a connection of which nothing is read */
  isFor(fields: Fields | undefined): boolean {
    const { header } = this.terms;
    return header === undefined || (fields !== undefined && matchesField(fields, header));
  }

  /** Whatever tag is asked for: none is registered here. */
  readonly leases: LeaseGiver = {
    pick: ({ hash, tried, repeatable }) => this.upstream.pick({ ...ALL_ENDPOINTS, hash, tried, repeatable }),
  };

  routeFor(request: MatchableRequest): ServiceRoute {
    return this.#inForce.routeFor(request);
  }

  /** Goes by other settings of its service from the next request on. */
  reconfigure(policy: ServicePolicy, transport: Transport): void {
    const own = overridePolicy(policy);
    if (!isDeepStrictEqual(own, this.policy)) {
      this.#inForce = new PolicyInForce(own, this.#policyParts, this.#inForce);
      this.upstream.replacePolicy(own);
    }
    this.upstream.replaceTransport(transport);
  }

  /** Ends the connections once the last request is done. */
  retire(): void {
    this.upstream.stop();
    if (this.#active === 0) this.upstream.close();
    else this.#parts.clock.schedule(RETIREMENT_CHECK_MS, () => this.retire());
  }

  async #send(send: Send, call: Call): Promise<CallResult> {
    const { length } = call.attempts;
    this.#parts.used(call);
    call.flag('OV');
    this.#active++;
    call.onFinished(() => this.#active--);
    const result = await send(call);
    // A fault on purpose is no word of the endpoint.
    return call.attempts.length > length ? this.#marked(result) : result;
  }

  #marked(result: CallResult): CallResult {
    if (result.kind === 'tunnel') {
      const { head } = result;
      return { ...result, head: { ...head, fields: [...head.fields, OVERRIDE_FIELD, this.address] } };
    }
    const { response } = result;
    const fields = [...response.fields, OVERRIDE_FIELD, this.address];
    return { kind: 'response', response: new WrappedResponse(response, fields) };
  }
}

/** Such as `x-dev: me`; the name alone where any value will do. */
function headerText({ name, value }: FieldMatch): string {
  return value === undefined ? name : `${name}: ${value}`;
}

/**
 * What is left out: the circuit, whose state would outlast a restart of the endpoint; health checks; responses that are
 * kept, shared or given in its place; copies of requests.
 */
function overridePolicy(policy: ServicePolicy): ServicePolicy {
  return {
    ...withoutSubstitutes(policy),
    circuitBreaker: { ...policy.circuitBreaker, enabled: false },
    healthCheck: undefined,
    shadow: undefined,
    routes: policy.routes.map(withoutSubstitutes),
  };
}

function withoutSubstitutes<P extends CallPolicy>(policy: P): P {
  return { ...policy, fallback: undefined, coalescing: undefined };
}

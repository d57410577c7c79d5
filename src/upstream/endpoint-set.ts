// The endpoints of one service as requests meet them: kept in step with the endpoint table and with the marks of
// outlier detection, and picked from.

import type { PanicMember } from '../balancer/panic.ts';
import { eligibleEndpoints } from '../balancer/panic.ts';
import type { LoadBalancingPolicy, PickContext, Picker } from '../balancer/policy.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { EndpointTable } from '../endpoint/endpoint-table.ts';
import type { Panic } from '../endpoint/panic.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

export interface BalancingRules {
  readonly policy: LoadBalancingPolicy;
  /** Whether ejected endpoints are used when there are no others. */
  readonly panic: boolean;
}

export interface EndpointSetOptions extends BalancingRules {
  readonly random: Random;
  readonly clock: Clock;
  readonly create: (endpoint: Endpoint, first: boolean) => UpstreamEndpoint;
  readonly remove: (upstream: UpstreamEndpoint) => void;
}

/** How often the policy is asked again before the untried endpoint is chosen without it. */
const REDRAWS = 3;

export class EndpointSet {
  readonly #options: EndpointSetOptions;
  #rules: BalancingRules;
  #members = new Map<string, UpstreamEndpoint>();
  #candidates: readonly UpstreamEndpoint[] = [];
  #picker: Picker<UpstreamEndpoint> | undefined;
  #panic: Panic = 'none';
  #hasTable = false;

  constructor(options: EndpointSetOptions) {
    this.#options = options;
    this.#rules = options;
  }

  /** All that discovery knows, usable or not, sorted by id. */
  get members(): Iterable<UpstreamEndpoint> {
    return this.#members.values();
  }

  get size(): number {
    return this.#members.size;
  }

  get panic(): Panic {
    return this.#panic;
  }

  get(id: string): UpstreamEndpoint | undefined {
    return this.#members.get(id);
  }

  /**
   * Takes over a new version of the table; `refresh` then reads it. An endpoint at another address is another
   * endpoint.
   */
  apply(table: EndpointTable): void {
    const next = new Map<string, UpstreamEndpoint>();
    const gone = this.#members;
    const now = this.#options.clock.wallTime();
    for (const endpoint of table.endpoints) {
      const known = gone.get(endpoint.id);
      if (known !== undefined && sameAddress(known.endpoint, endpoint)) {
        known.update(endpoint, now);
        gone.delete(endpoint.id);
        next.set(endpoint.id, known);
      } else {
        next.set(endpoint.id, this.#options.create(endpoint, !this.#hasTable));
      }
    }
    this.#members = next;
    this.#hasTable = true;
    for (const upstream of gone.values()) this.#options.remove(upstream);
  }

  /** Picks by other rules; `refresh` then goes by them. */
  reconfigure(rules: BalancingRules): void {
    this.#rules = rules;
  }

  /** Reads all marks again: after an ejection, a return, or an operator's word. */
  refresh(): void {
    const undrained = [...this.#members.values()].filter((member) => !member.drained);
    const { candidates, panic } = eligibleEndpoints(undrained.map(asPanicMember), this.#rules);
    this.#panic = panic;
    this.#candidates = candidates.map(({ upstream }) => upstream);
    const [first, ...rest] = this.#candidates;
    this.#picker =
      first === undefined
        ? undefined
        : this.#rules.policy.createPicker([first, ...rest], {
            random: this.#options.random,
            previous: this.#picker,
          });
  }

  /** The policy's choice, but none of `tried` while there is another. */
  pick(context: PickContext, tried: readonly string[]): UpstreamEndpoint | undefined {
    const picker = this.#picker;
    if (picker === undefined) return undefined;
    let drawn = picker.pick(context);
    for (let i = 0; i < REDRAWS && tried.includes(drawn.id); i++) drawn = picker.pick(context);
    if (!tried.includes(drawn.id)) return drawn;
    return leastBusy(this.#candidates, tried) ?? drawn;
  }

  /** The ids of those that requests may go to now. */
  usableIds(): readonly string[] {
    return this.#candidates.map(({ id }) => id);
  }

  /** How many of those are not among `tried`. */
  untried(tried: readonly string[]): number {
    if (tried.length === 0) return this.#candidates.length;
    return this.#candidates.reduce((count, { id }) => (tried.includes(id) ? count : count + 1), 0);
  }
}

interface SetMember extends PanicMember {
  readonly upstream: UpstreamEndpoint;
}

function asPanicMember(upstream: UpstreamEndpoint): SetMember {
  return {
    upstream,
    endpoint: upstream.endpoint,
    ejected: upstream.outlier.state.kind !== 'available',
  };
}

function leastBusy(
  candidates: readonly UpstreamEndpoint[],
  tried: readonly string[],
): UpstreamEndpoint | undefined {
  let best: UpstreamEndpoint | undefined;
  for (const candidate of candidates) {
    if (tried.includes(candidate.id)) continue;
    if (best === undefined || candidate.inFlight / candidate.weight < best.inFlight / best.weight) {
      best = candidate;
    }
  }
  return best;
}

function sameAddress(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

// How services and their endpoints stand, read at each scrape, and what happened to them since. By state, never by
// endpoint: the admin API tells of each endpoint.

import type { CircuitState } from '../../core/circuit-transition.ts';
import type { Clock } from '../../core/clock.ts';
import type { Observer } from '../../core/events.ts';
import type { DiscoveryFailure } from '../../endpoint/discovery-state.ts';
import type { Transition } from '../../endpoint/ejection.ts';
import type { EndpointTable, EndpointTableDiff } from '../../endpoint/endpoint-table.ts';
import type { Panic } from '../../endpoint/panic.ts';
import type { TransportProtocol } from '../../http/attempt.ts';
import type { CircuitView } from '../../policy/breaker/circuit-breaker.ts';
import type { Freshness } from '../../upstream/endpoint-feed.ts';
import type { JudgedEndpoint } from '../../upstream/endpoint-state.ts';
import { countEndpointStates } from '../../upstream/endpoint-state.ts';
import type { MetricsRegistry } from './registry.ts';
import { ServiceCounts } from './service-counts.ts';

interface MeasuredEndpoints {
  readonly members: Iterable<JudgedEndpoint>;
}

/** What is read of a service. */
export interface MeasuredService {
  readonly name: string;
  /** Requests under way, and connections where it is called over TCP. */
  readonly active: number;
  /** From clients and to them, where it is called over TCP. */
  readonly bytes: { readonly received: number; readonly sent: number };
  readonly upstream: { readonly protocol: TransportProtocol };
  readonly feed: { readonly table: EndpointTable | undefined; freshness(): Freshness };
  readonly endpoints: MeasuredEndpoints;
  /** Of any of its requests. */
  readonly panic: Panic;
  /** Where its requests go, each once; its own endpoints alone where it has no chain. */
  readonly parts: readonly {
    readonly tier: number | undefined;
    readonly upstream: { readonly endpoints: MeasuredEndpoints };
  }[];
  /** Its circuit is undefined when it is switched off. */
  readonly protections: { readonly circuit: { view(now: number): CircuitView } | undefined };
  readonly retryBudget: { available(now: number): number };
  readonly overriding: { readonly current: unknown };
  /** Its API is undefined where nothing needs to be known of it. */
  readonly translator?:
    | { readonly api: { readonly description: { readonly fault: string | undefined } } | undefined }
    | undefined;
}

/** The open services, as they are when asked. */
export type MeasuredServices = () => Iterable<MeasuredService>;

const PANICS: readonly Exclude<Panic, 'none'>[] = ['all_ejected', 'all_critical'];

export class ServiceMetrics implements Observer {
  readonly #ejections: ServiceCounts;
  readonly #wouldEject: ServiceCounts;
  readonly #refused: ServiceCounts;
  readonly #returns: ServiceCounts;
  readonly #tables: ServiceCounts;
  readonly #failures: ServiceCounts;

  constructor(registry: MetricsRegistry, services: MeasuredServices, clock: Pick<Clock, 'now'>) {
    this.#ejections = new ServiceCounts(registry, {
      name: 'endpoint_ejections_total',
      help: 'Endpoints that were ejected, by the rule that found them, or by probe_failure, health_check or operator.',
      labels: ['reason'],
    });
    this.#wouldEject = new ServiceCounts(registry, {
      name: 'endpoint_ejections_not_enforced_total',
      help: 'Endpoints that would have been ejected if the rule were enforced.',
      labels: ['reason'],
    });
    this.#refused = new ServiceCounts(registry, {
      name: 'endpoint_ejections_refused_total',
      help: 'Ejections that were refused because too many endpoints were out already, or it was the last.',
      labels: ['reason'],
    });
    this.#returns = new ServiceCounts(registry, {
      name: 'endpoint_returns_total',
      help: 'Endpoints that came back from an ejection, by probe or by operator.',
      labels: ['by'],
    });
    this.#tables = new ServiceCounts(registry, {
      name: 'endpoint_table_changes_total',
      help: 'Endpoints by what new versions of the endpoint table did to them: added, removed, changed.',
      labels: ['change'],
    });
    this.#failures = new ServiceCounts(registry, {
      name: 'discovery_failures_total',
      help: 'Times that discovery could not answer for a service, by kind; its last endpoints stay in force.',
      labels: ['kind'],
    });
    measureServices(registry, services);
    measureProtections(registry, services, clock);
  }

  serviceOpened(service: string): void {
    for (const counts of this.#counts()) counts.open(service);
  }

  serviceClosed(service: string): void {
    for (const counts of this.#counts()) counts.close(service);
  }

  tablePublished(service: string, _table: EndpointTable, diff: EndpointTableDiff): void {
    for (const change of ['added', 'removed', 'changed'] as const) {
      if (diff[change].length > 0) this.#tables.add(service, change, diff[change].length);
    }
  }

  discoveryFailed(service: string, failure: DiscoveryFailure): void {
    this.#failures.add(service, failure.kind);
  }

  outlierTransition(service: string, _authority: string, transition: Transition): void {
    switch (transition.type) {
      case 'ejected':
        this.#ejections.add(service, transition.reason);
        break;
      case 'would_eject':
        this.#wouldEject.add(service, transition.reason);
        break;
      case 'ejection_refused_by_cap':
        this.#refused.add(service, transition.reason);
        break;
      case 'returned':
        this.#returns.add(service, 'probe');
        break;
      case 'unejected_by_operator':
        this.#returns.add(service, 'operator');
        break;
      case 'probing':
        break;
    }
  }

  #counts(): readonly ServiceCounts[] {
    return [this.#ejections, this.#wouldEject, this.#refused, this.#returns, this.#tables, this.#failures];
  }
}

function measureServices(registry: MetricsRegistry, services: MeasuredServices): void {
  const gauge = (name: string, help: string, read: (service: MeasuredService) => number): void => {
    registry.gauge({ name, help, labels: ['service'] }, (report) => {
      for (const service of services()) report({ service: service.name }, read(service));
    });
  };
  gauge(
    'requests_in_flight',
    'Requests under way, upgraded connections among them, and connections to services that are called over TCP.',
    ({ active }) => active,
  );
  gauge(
    'endpoint_table_version',
    'The version of the endpoint table in force, counted from 1 in this process; 0 before the first answer.',
    ({ feed }) => feed.table?.version ?? 0,
  );
  gauge('discovery_failing', '1 while discovery cannot confirm the endpoint table.', ({ feed }) =>
    feed.freshness().failure === undefined ? 0 : 1,
  );
  registry.gauge(
    {
      name: 'description_failing',
      help: '1 while the newest description of the API of a service that is translated cannot be had.',
      labels: ['service'],
    },
    (report) => {
      for (const { name, translator } of services()) {
        const described = translator?.api?.description;
        if (described !== undefined) report({ service: name }, described.fault === undefined ? 0 : 1);
      }
    },
  );
  gauge(
    'override',
    '1 while an operator sends requests of the service to an endpoint that is not its own.',
    ({ overriding }) => (overriding.current === undefined ? 0 : 1),
  );
  registry.gauge(
    {
      name: 'endpoint_table_age_seconds',
      help: 'Since the endpoint table in force was last confirmed; of a snapshot, since it was saved.',
      labels: ['service', 'provenance'],
    },
    (report) => {
      for (const { name, feed } of services()) {
        const { ageMs, provenance } = feed.freshness();
        if (feed.table !== undefined) report({ service: name, provenance }, ageMs / 1000);
      }
    },
  );
  registry.gauge(
    {
      name: 'endpoints',
      help: 'Endpoints that discovery knows, by state; with a chain, those of every target that requests go to.',
      labels: ['service', 'state'],
    },
    (report) => {
      for (const service of services()) {
        const members = inUse(service).flatMap(({ members: some }) => [...some]);
        for (const [state, count] of Object.entries(countEndpointStates(members))) {
          report({ service: service.name, state }, count);
        }
      }
    },
  );
  registry.gauge(
    {
      name: 'panic',
      help: '1 while requests go to endpoints that are ejected or critical, because there are no others; with a chain, in no tier for some of its requests.',
      labels: ['service', 'kind'],
    },
    (report) => {
      for (const { name, panic } of services()) {
        for (const kind of PANICS) report({ service: name, kind }, panic === kind ? 1 : 0);
      }
    },
  );
}

/** The endpoints of every target that requests go to. */
function inUse({ endpoints, parts }: MeasuredService): readonly MeasuredEndpoints[] {
  const used = parts.filter(({ tier }) => tier !== undefined);
  return used.length === 0 ? [endpoints] : used.map(({ upstream }) => upstream.endpoints);
}

const CIRCUIT_STATES = ['closed', 'open', 'half_open', 'isolated'] as const satisfies readonly CircuitState[];

function measureProtections(
  registry: MetricsRegistry,
  services: MeasuredServices,
  clock: Pick<Clock, 'now'>,
): void {
  registry.gauge(
    {
      name: 'circuit_state',
      help: '1 for the state that the circuit of a service is in; none where the circuit breaker is switched off.',
      labels: ['service', 'state'],
    },
    (report) => {
      for (const { name, protections } of services()) {
        if (protections.circuit === undefined) continue;
        const { state: current } = protections.circuit.view(clock.now());
        for (const state of CIRCUIT_STATES) report({ service: name, state }, state === current ? 1 : 0);
      }
    },
  );
  registry.gauge(
    {
      name: 'retry_budget_available',
      help: 'Retries that a service can afford now.',
      labels: ['service'],
    },
    (report) => {
      for (const { name, retryBudget } of services()) {
        report({ service: name }, retryBudget.available(clock.now()));
      }
    },
  );
}

// A world for the scripted admin server: services that do well, of any number and size, to spoil as a test likes.

import type { EndpointView } from '../../src/admin/endpoint-view.ts';
import type { Overview, ServiceHistory, ServiceOverview } from '../../src/dashboard/browser/wire.ts';
import type { ScriptedWorld } from './scripted-admin.ts';
import { seededRandom } from './seeded-random.ts';

const HISTORY_POINTS = 180;

const STEP_MS = 5_000;

const SETTINGS: ScriptedWorld['settings'] = [
  {
    key: 'consul.address',
    value: 'http://127.0.0.1:8500',
    origin: { from: 'environment', variable: 'CONSUL_HTTP_ADDR' },
  },
  {
    key: 'consul.token',
    value: '[redacted]',
    origin: { from: 'file', line: 3, variables: ['CONSUL_TOKEN'] },
  },
  { key: 'listen[0]', value: '127.0.0.1:15000', origin: null },
  {
    key: 'services.payments.timeout.request',
    value: '2s',
    origin: { from: 'file', line: 12, variables: [] },
  },
  { key: 'services.payments.loadBalancer.policy', value: 'leastRequest', origin: null },
];

export interface WorldSize {
  /** Each with how many endpoints. */
  readonly services: Readonly<Record<string, number>>;
  /** Names that can be called and were not yet. */
  readonly uncalled?: readonly string[];
}

export function scriptedWorld({ services, uncalled = [] }: WorldSize): ScriptedWorld {
  const names = Object.keys(services).toSorted((a, b) => a.localeCompare(b));
  return {
    overview: overviewOf(
      names.map((name, index) => serviceOverview(name, services[name] ?? 0, 3 + ((index * 37) % 90))),
      [...names, ...uncalled],
    ),
    endpoints: new Map(
      names.map((name) => [
        name,
        Array.from({ length: services[name] ?? 0 }, (_, index) => endpoint(name, index + 1)),
      ]),
    ),
    histories: new Map(names.map((name, index) => [name, history(index, 3 + ((index * 37) % 90))])),
    requests: new Map(),
    timeline: [],
    settings: SETTINGS,
  };
}

function overviewOf(services: readonly ServiceOverview[], known: readonly string[]): Overview {
  const now = Date.now();
  return {
    at: iso(now),
    version: '0.1.0',
    host: 'checkout-7f9c',
    operators: 'token',
    standing: [],
    registration: null,
    startedAt: iso(now - 3_840_000),
    rssBytes: 94_371_840,
    eventLoopLagMs: 0.8,
    listening: [{ address: '127.0.0.1:15000', service: null, protocol: 'http' }],
    readiness: { status: 'ready', waitingFor: [] },
    consul: {
      state: 'answering',
      since: iso(now - 3_839_000),
      detail: null,
      address: 'http://127.0.0.1:8500',
    },
    faults: { count: 0, last: null },
    snapshotFault: null,
    configuration: {
      file: '/etc/ambassador/ambassador.yaml',
      loadedAt: iso(now - 3_840_000),
      refused: null,
      waitingForRestart: [],
      kv: null,
    },
    requests: {
      perSecond: services.reduce((sum, { rates }) => sum + rates.perSecond, 0),
      errorRatio: 0.0007,
      p50Ms: 3.4,
      p90Ms: 11.2,
      p99Ms: 48,
    },
    services,
    known,
  };
}

export function serviceOverview(name: string, endpoints: number, perSecond: number): ServiceOverview {
  return {
    name,
    protocol: 'http',
    table: { version: 12, provenance: 'registry', ageMs: 1_800, failure: null },
    endpointCounts: {
      total: endpoints,
      available: endpoints,
      ejected: 0,
      probing: 0,
      critical: 0,
      maintenance: 0,
      drained: 0,
      no_port: 0,
      bad_address: 0,
      forbidden_address: 0,
      zero_weight: 0,
    },
    panic: 'none',
    failovers: [],
    activeRequests: Math.round(perSecond / 12),
    bytes: null,
    override: null,
    rates: {
      perSecond,
      errorRatio: perSecond > 60 ? 0.002 : 0,
      p50Ms: 2.8,
      p90Ms: 9,
      p99Ms: 41 + perSecond / 3,
    },
    circuit: {
      state: 'closed',
      since: iso(Date.now() - 3_000_000),
      opensForMs: null,
      calls: Math.round(perSecond * 10),
      failures: 0,
      slow: 0,
    },
    bulkhead: { active: Math.round(perSecond / 12), queued: 0, limit: 1024 },
    retryBudget: { available: 14, ratio: 0.2 },
    ejections: 0,
    maintenance: null,
    failureCause: null,
  };
}

export function endpoint(service: string, index: number, news: Partial<EndpointView> = {}): EndpointView {
  const address = `10.0.${Math.floor(index / 250)}.${index % 250}`;
  return {
    id: `node-${index}/${service}-${index}`,
    address,
    port: 8080,
    socketPath: null,
    authority: `${address}:8080`,
    discoveredAt: null,
    secure: false,
    node: `node-${index}`,
    datacenter: 'dc1',
    target: null,
    tier: 0,
    health: 'passing',
    healthDetail: null,
    remembered: false,
    weight: 1,
    tags: [],
    meta: {},
    inFlight: index % 3,
    latencyMs: 2 + (index % 7) * 0.6,
    retryAfterMs: null,
    healthCheck: null,
    outlier: {
      state: 'available',
      since: null,
      until: null,
      remainingMs: null,
      reason: null,
      ejections: 0,
      recent: { requests: 20, failures: 0 },
    },
    state: 'available',
    usable: true,
    reason: 'It gets requests: all its checks pass.',
    ...news,
  };
}

function history(seed: number, perSecond: number): ServiceHistory {
  const random = seededRandom(seed + 1);
  const walk = { at: 1 };
  const requests = Array.from({ length: HISTORY_POINTS }, () => {
    walk.at = Math.min(1.5, Math.max(0.6, walk.at + (random() - 0.5) * 0.12));
    return Math.round(perSecond * 5 * walk.at);
  });
  return {
    stepMs: STEP_MS,
    startedAt: iso(Date.now() - HISTORY_POINTS * STEP_MS),
    points: {
      requests,
      errors: requests.map((count) => (random() < 0.04 ? Math.ceil(count * 0.01) : 0)),
      p50Ms: requests.map(() => 2.5 + random()),
      p99Ms: requests.map(() => 34 + random() * 30),
    },
  };
}

function iso(wall: number): string {
  return new Date(wall).toISOString();
}

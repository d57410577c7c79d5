// A scripted world in which much goes wrong at once, with the long names and texts that a real one has.

import type { ServiceChainView } from '../../src/admin/service-chain-view.ts';
import type { RequestSample, TimelineEntry } from '../../src/dashboard/browser/wire.ts';
import type { ScriptedWorld } from './scripted-admin.ts';
import { endpoint, scriptedWorld } from './scripted-world.ts';
import { spoil } from './spoilt-world.ts';

/** Without a place to break. */
const SOCKET = `/run/${'payments_worker_of_the_region_'.repeat(3)}/listen.sock`;

const LONG = 'order-fulfilment-orchestrator-eu-central';

export function troubledWorld(): ScriptedWorld {
  const world = scriptedWorld({ services: { fraud: 2, inventory: 2, [LONG]: 14, payments: 7 } });
  const { at } = world.overview;
  const ago = (seconds: number): string => new Date(Date.parse(at) - seconds * 1_000).toISOString();
  const counts = { total: 7, available: 2, ejected: 2, probing: 0, critical: 1, maintenance: 1, drained: 1 };
  spoil(world, 'payments', {
    endpointCounts: { ...counts, no_port: 0, zero_weight: 0, bad_address: 0, forbidden_address: 0 },
    failureCause: '503 from 1 of 7, connection refused by 1 of 7',
    failovers: [{ from: 'payments/v1', to: `${LONG}@eu-central-2`, isEmpty: false }],
    rates: { perSecond: 83.2, errorRatio: 0.31, p50Ms: 12.4, p90Ms: 840, p99Ms: 12_030 },
    retryBudget: { available: 0, ratio: 0.2 },
    bulkhead: { active: 1024, queued: 12, limit: 1024 },
    activeRequests: 1024,
  });
  spoil(world, 'fraud', {
    circuit: { state: 'open', since: ago(3), opensForMs: 4_000, calls: 20, failures: 20, slow: 0 },
    rates: { perSecond: 41, errorRatio: 1, p50Ms: 1.2, p90Ms: 2, p99Ms: 3 },
  });
  spoil(world, 'inventory', {
    circuit: { state: 'isolated', since: ago(300), opensForMs: null, calls: 0, failures: 0, slow: 0 },
    rates: { perSecond: 12, errorRatio: 0, p50Ms: 0.2, p90Ms: 0.3, p99Ms: 0.4 },
    failureCause: null,
  });
  world.overview = {
    ...world.overview,
    requests: { perSecond: 204, errorRatio: 0.39, p50Ms: 3.4, p90Ms: 840, p99Ms: 12_030 },
    standing: [
      {
        service: 'inventory',
        endpoint: null,
        operation: 'isolate',
        value: null,
        who: 'anna',
        why: 'moving the database',
        since: ago(300),
        until: ago(-3_300),
      },
      {
        service: 'payments',
        endpoint: 'node-5/payments-5',
        operation: 'drain',
        value: null,
        who: 'kim',
        why: 'disk swap',
        since: ago(90),
        until: null,
      },
    ],
    registration: {
      service: 'order-fulfilment',
      id: 'order-fulfilment-ip-10-20-30-40-8080',
      state: 'waiting_for_port',
      since: ago(20),
      failure: null,
      portFault: 'connect ECONNREFUSED 127.0.0.1:8080',
    },
    host: 'ip-10-20-30-40.eu-central-1.compute.internal',
    configuration: {
      ...world.overview.configuration,
      refused: {
        at: ago(40),
        problems: [
          {
            file: '/etc/ambassador/ambassador.yaml',
            line: 12,
            column: 28,
            key: 'services.payments.timeout.request',
            message: 'expected a duration with its unit, such as 250ms, 5s or 1m, found "3x"',
          },
        ],
      },
      waitingForRestart: ['discovery.snapshotFile'],
    },
    snapshotFault: { since: ago(600), message: 'ENOSPC: no space left on device, write' },
    consul: {
      state: 'failing',
      since: ago(75),
      detail: 'connect ECONNREFUSED 127.0.0.1:8500',
      address: 'http://consul-server.service.consul:8500',
    },
  };
  const { outlier } = endpoint('payments', 1);
  world.endpoints.set('payments', [
    endpoint('payments', 1),
    endpoint('payments', 2, {
      outlier: {
        ...outlier,
        state: 'ejected',
        since: ago(21),
        until: at,
        remainingMs: 48_000,
        reason: 'consecutive_5xx',
        ejections: 3,
        recent: { requests: 12, failures: 9 },
      },
      state: 'ejected',
      usable: false,
      reason: 'It is ejected since 21 s, back in 48 s: answered 503 five times (ejection number 3).',
    }),
    endpoint('payments', 3, {
      health: 'critical',
      healthDetail: 'Get "http://10.0.0.3:8080/health": dial tcp 10.0.0.3:8080: connect: connection refused',
      state: 'critical',
      usable: false,
      reason: 'A check is critical (Get "http://10.0.0.3:8080/health": dial tcp: connection refused).',
    }),
    endpoint('payments', 4, {
      health: 'maintenance',
      healthDetail: 'disk swap until noon, ask kim',
      state: 'maintenance',
      usable: false,
      reason: 'It is in maintenance (disk swap until noon, ask kim).',
    }),
    endpoint('payments', 5, {
      state: 'drained',
      usable: false,
      reason: 'An operator drained it; 2 requests are under way.',
    }),
    endpoint('payments', 6, {
      id: `unix:${SOCKET}`,
      authority: `unix:${SOCKET}`,
      socketPath: SOCKET,
      outlier: { ...outlier, state: 'ejected', reason: 'operator', ejections: 1 },
      state: 'ejected',
      usable: false,
      reason: 'It is ejected by an operator until an operator lets it back (ejection number 1).',
    }),
    endpoint('payments', 7, { authority: '[2001:db8:85a3:1234:5678:8a2e:370:7334]:8080' }),
  ]);
  world.requests.set('payments', { slowest: [sample(9, at)], failed: samples(12, at), recent: [] });
  world.timeline = Array.from({ length: 60 }, (_, index) => entry(index + 1, ago(60 - index)));
  return { ...world, chains: new Map([['payments', CHAIN]]) };
}

const TIER = { endpoints: 5, usable: 1, panic: 'none', ageMs: 75_000, failure: null, share: 0.28 } as const;

const CHAIN: ServiceChainView = {
  from: 'consul',
  protocol: 'http',
  overprovisioning: 1.4,
  routes: [
    {
      match:
        'GET or HEAD, path by /customers/(?P<customer>[0-9]+)/charges, header x-user-group = beta-testers',
      splits: [
        { share: 0.9, tiers: [{ ...TIER, target: 'payments/v1' }] },
        { share: 0.1, tiers: [{ ...TIER, target: 'payments/v2', endpoints: 2, usable: 2, share: 1 }] },
      ],
    },
    {
      match: null,
      splits: [
        {
          share: 1,
          tiers: [
            { ...TIER, target: 'payments/v1' },
            {
              ...{ ...TIER, target: `${LONG}@eu-central-2`, usable: 0, share: 0.72, ageMs: 245_000 },
              failure: { kind: 'server_error', detail: 'Consul answered 500: No path to datacenter' },
            },
          ],
        },
      ],
    },
  ],
  notDone: ['service-resolver: LoadBalancer.Policy ring_hash needs HashPolicies that can be followed here'],
};

function samples(count: number, at: string): RequestSample[] {
  return Array.from({ length: count }, (_, index) => sample(index, at));
}

function sample(index: number, at: string): RequestSample {
  const attempt = {
    endpoint: 'node-3/payments-3',
    authority: '10.0.0.3:8080',
    startedMs: 0.2,
    headMs: null,
    status: null,
    grpcStatus: null,
    failure: 'connect_failure',
    detail: 'connect ECONNREFUSED 10.0.0.3:8080',
  };
  return {
    at,
    requestId: `7d3f9a10-0000-4000-8000-${String(index).padStart(12, '0')}`,
    traceId: null,
    method: 'POST',
    target: `/v2/customers/4711/charges/${index}/authorisations/with-a-long-path`,
    status: 503,
    grpcStatus: null,
    failed: true,
    reason: index % 3 === 0 ? 'circuit_open' : 'connect_failure',
    detail:
      index % 3 === 0
        ? 'The circuit of payments is open: connection refused by 2 of 2.'
        : 'payments at 10.0.0.3:8080',
    flags: ['UF'],
    durationMs: 3.2 + index,
    attempts: index % 3 === 0 ? [] : [attempt, attempt],
  };
}

const HAPPENED = [
  [
    'ejection',
    'warning',
    '10.0.0.2:8080 of payments is ejected for 60 s: answered 503 five times; 1 of 5 endpoints is out, at most 2 may be.',
  ],
  [
    'table',
    'warning',
    'payments has 5 endpoints: payments-3 at 10.0.0.3:8080 is critical: connection refused.',
  ],
  [
    'circuit',
    'error',
    'The circuit of payments opened 7 times since 12:01:07 UTC, now open: connection refused by 2 of 2.',
  ],
  ['operator', 'info', 'kim drained node-5/payments-5 of payments for 1 h: disk swap.'],
] as const;

function entry(id: number, at: string): TimelineEntry {
  const [kind, severity, summary] = HAPPENED[id % HAPPENED.length] ?? HAPPENED[0];
  return { id, at, service: 'payments', kind, severity, summary, detail: {} };
}

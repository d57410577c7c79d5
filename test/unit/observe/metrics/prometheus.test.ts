import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CircuitState } from '../../../../src/core/circuit-transition.ts';
import type { CompleteObserver } from '../../../../src/core/events.ts';
import type { EjectionReason } from '../../../../src/endpoint/ejection.ts';
import type { SpanCounts } from '../../../../src/observe/metrics/prometheus.ts';
import { PrometheusMetrics } from '../../../../src/observe/metrics/prometheus.ts';
import type { MeasuredService } from '../../../../src/observe/metrics/service-metrics.ts';
import type { Freshness } from '../../../../src/upstream/endpoint-feed.ts';
import type { JudgedEndpoint } from '../../../../src/upstream/endpoint-state.ts';
import { observed } from '../../../support/observed.ts';
import { testEndpoint } from '../../../support/proxy-under-test.ts';
import { attemptFacts, requestFacts } from '../../../support/request-facts.ts';

describe('requests', () => {
  it('are counted by service, status and reason', async () => {
    const metrics = opened('payments');
    metrics.observer.requestFinished(requestFacts());
    metrics.observer.requestFinished(requestFacts());
    metrics.observer.requestFinished(requestFacts({ status: 503, reason: 'no_healthy_endpoint' }));
    assert.deepEqual(await series(metrics, 'ambassador_requests_total'), [
      '{service="payments",status="200",reason=""} 2',
      '{service="payments",status="503",reason="no_healthy_endpoint"} 1',
    ]);
  });

  it('for unknown services are counted under no name', async () => {
    const metrics = opened('payments');
    metrics.observer.requestFinished(requestFacts({ service: '', status: 404, reason: 'unknown_service' }));
    assert.deepEqual(await series(metrics, 'ambassador_requests_total'), [
      '{service="",status="404",reason="unknown_service"} 1',
    ]);
  });

  it('answered with a status that is not registered are counted by its class', async () => {
    const metrics = opened('payments');
    for (let status = 520; status < 600; status++) {
      metrics.observer.requestFinished(requestFacts({ status }));
    }
    assert.deepEqual(await series(metrics, 'ambassador_requests_total'), [
      '{service="payments",status="5xx",reason=""} 80',
    ]);
  });

  it('enter the histogram with their duration, upgraded ones apart', async () => {
    const metrics = opened('payments');
    metrics.observer.requestFinished(requestFacts({ durationMs: 12.5 }));
    metrics.observer.requestFinished(requestFacts({ durationMs: 60_000, upgraded: true, status: 101 }));
    assert.deepEqual(await series(metrics, 'ambassador_request_duration_seconds_sum'), [
      '{service="payments"} 0.0125',
    ]);
    const buckets = await series(metrics, 'ambassador_request_duration_seconds_bucket');
    assert.equal(buckets.length, 11);
    assert.ok(buckets.includes('{le="0.01",service="payments"} 0'));
    assert.ok(buckets.includes('{le="0.025",service="payments"} 1'));
  });

  it('that are traced and sampled are named as examples in OpenMetrics, and only there', async () => {
    const metrics = opened('payments');
    const [sampled, unsampled] = ['a'.repeat(32), 'b'.repeat(32)];
    const span = { id: 'c'.repeat(16), parentId: undefined };
    metrics.observer.requestFinished(requestFacts({ durationMs: 12.5, traceId: sampled, span }));
    metrics.observer.requestFinished(requestFacts({ durationMs: 500, traceId: unsampled }));
    const { contentType, body } = await metrics.scrape(OPENMETRICS);
    assert.match(contentType, /^application\/openmetrics-text; version=1\.0\.0/);
    assert.match(
      body,
      new RegExp(`_bucket{le="0.025",service="payments"} 1 # {trace_id="${sampled}"} 0.0125 \\d+`),
    );
    assert.equal(body.includes(unsampled), false);
    assert.equal((await metrics.scrape()).body.includes('trace_id'), false);
  });

  it('tell of their attempts, retries, bytes and flags', async () => {
    const metrics = opened('payments');
    metrics.observer.requestFinished(
      requestFacts({
        status: 503,
        reason: 'connect_failure',
        flags: ['UF', 'URX'],
        bytesSent: 40,
        attempts: [
          attemptFacts({ status: 502 }),
          attemptFacts({ status: 200, grpcStatus: 14 }),
          attemptFacts({ status: undefined, failure: 'connect_failure' }),
        ],
      }),
    );
    assert.deepEqual(await series(metrics, 'ambassador_attempts_total'), [
      '{service="payments",outcome="5xx"} 2',
      '{service="payments",outcome="connect_failure"} 1',
    ]);
    assert.deepEqual(await series(metrics, 'ambassador_retries_total'), ['{service="payments"} 2']);
    assert.deepEqual(await series(metrics, 'ambassador_response_bytes_total'), ['{service="payments"} 40']);
    assert.deepEqual(await series(metrics, 'ambassador_request_flags_total'), [
      '{service="payments",flag="URX"} 1',
    ]);
  });
});

describe('a closed service', () => {
  it('leaves no series, and none come back with a late request', async () => {
    const metrics = opened('payments');
    metrics.observer.requestFinished(requestFacts());
    metrics.observer.discoveryFailed('payments', { kind: 'unreachable', detail: '' });
    metrics.observer.serviceClosed('payments');
    metrics.observer.requestFinished(requestFacts());
    assert.doesNotMatch((await metrics.scrape()).body, /payments/);
  });
});

describe('endpoints', () => {
  it('are counted by state at each scrape', async () => {
    const members = [
      member({ health: 'passing' }),
      member({ health: 'warning' }),
      member({ health: 'critical' }),
      ejected(),
      { ...member({ health: 'passing' }), drained: true },
    ];
    const metrics = started([measured({ members })]);
    const counts = await series(metrics, 'ambassador_endpoints');
    assert.deepEqual(
      counts.filter((line) => !line.endsWith(' 0')),
      [
        '{service="payments",state="available"} 2',
        '{service="payments",state="ejected"} 1',
        '{service="payments",state="critical"} 1',
        '{service="payments",state="drained"} 1',
      ],
    );
    members.length = 1;
    assert.ok(
      (await series(metrics, 'ambassador_endpoints')).includes('{service="payments",state="critical"} 0'),
    );
  });

  it('never become labels', async () => {
    const metrics = started([
      measured({ members: [member({ id: 'node/unmistakable', address: '10.9.9.9' })] }),
    ]);
    metrics.observer.serviceOpened('payments');
    metrics.observer.requestFinished(
      requestFacts({
        attempts: [attemptFacts({ endpointId: 'node/unmistakable', authority: '10.9.9.9:80' })],
      }),
    );
    assert.doesNotMatch((await metrics.scrape()).body, /unmistakable|10\.9\.9\.9/);
  });

  it('that are ejected, spared or let back are counted by cause', async () => {
    const metrics = opened('payments');
    const common = { endpointId: 'a', at: 0, share: { ejected: 1, total: 3, cap: 1 } };
    const verdict = {
      ...common,
      reason: 'consecutive_5xx' satisfies EjectionReason,
      detection: undefined,
    } as const;
    for (const transition of [
      { ...verdict, type: 'ejected', durationMs: 30_000 },
      { ...verdict, type: 'would_eject' },
      { ...verdict, type: 'ejection_refused_by_cap' },
      { ...common, type: 'probing' },
      { ...common, type: 'returned' },
      { ...common, type: 'unejected_by_operator' },
    ] as const) {
      metrics.observer.outlierTransition('payments', '10.0.0.7:8080', transition);
    }
    const byRule = '{service="payments",reason="consecutive_5xx"} 1';
    assert.deepEqual(await series(metrics, 'ambassador_endpoint_ejections_total'), [byRule]);
    assert.deepEqual(await series(metrics, 'ambassador_endpoint_ejections_not_enforced_total'), [byRule]);
    assert.deepEqual(await series(metrics, 'ambassador_endpoint_ejections_refused_total'), [byRule]);
    assert.deepEqual(await series(metrics, 'ambassador_endpoint_returns_total'), [
      '{service="payments",by="probe"} 1',
      '{service="payments",by="operator"} 1',
    ]);
  });
});

describe('a service', () => {
  it('shows its requests under way and its panic', async () => {
    const metrics = started([{ ...measured({ panic: 'all_ejected' }), active: 7 }]);
    assert.deepEqual(await series(metrics, 'ambassador_requests_in_flight'), ['{service="payments"} 7']);
    assert.deepEqual(await series(metrics, 'ambassador_panic'), [
      '{service="payments",kind="all_ejected"} 1',
      '{service="payments",kind="all_critical"} 0',
    ]);
  });

  it('says of those that are translated whether their description can be had', async () => {
    const named = (name: string, fault?: string) => ({
      ...measured({}),
      name,
      translator: { api: { description: { fault } } },
    });
    const metrics = started([
      { ...measured({}), name: 'plain' },
      { ...measured({}), name: 'web', translator: { api: undefined } },
      named('well'),
      named('ill', 'no reflection'),
    ]);
    assert.deepEqual(await series(metrics, 'ambassador_description_failing'), [
      '{service="well"} 0',
      '{service="ill"} 1',
    ]);
  });

  it('shows the version and age of its endpoint table, and what keeps it from being confirmed', async () => {
    const failure = { kind: 'unreachable', detail: 'no answer' } as const;
    const metrics = started([
      measured({ version: 4, freshness: { provenance: 'snapshot', ageMs: 90_500, failure } }),
    ]);
    metrics.observer.serviceOpened('payments');
    metrics.observer.discoveryFailed('payments', failure);
    assert.deepEqual(await series(metrics, 'ambassador_endpoint_table_version'), ['{service="payments"} 4']);
    assert.deepEqual(await series(metrics, 'ambassador_endpoint_table_age_seconds'), [
      '{service="payments",provenance="snapshot"} 90.5',
    ]);
    assert.deepEqual(await series(metrics, 'ambassador_discovery_failing'), ['{service="payments"} 1']);
    assert.deepEqual(await series(metrics, 'ambassador_discovery_failures_total'), [
      '{service="payments",kind="unreachable"} 1',
    ]);
  });

  it('counts what new table versions did to its endpoints', async () => {
    const metrics = opened('payments');
    const [a, b] = [testEndpoint(1), testEndpoint(2)];
    const diff = { added: [a, b], removed: [], changed: [{ before: a, after: b }] };
    metrics.observer.tablePublished('payments', { version: 1, endpoints: [a, b] }, diff, 'registry');
    assert.deepEqual(await series(metrics, 'ambassador_endpoint_table_changes_total'), [
      '{service="payments",change="added"} 2',
      '{service="payments",change="changed"} 1',
    ]);
  });
});

describe('discovery', () => {
  it('shows what it asked of Consul, how that ended and how long it took', async () => {
    const metrics = started([]);
    metrics.observer.discoveryQueried({ kind: 'health', outcome: 'answered', durationMs: 20 });
    metrics.observer.discoveryQueried({ kind: 'health', outcome: 'answered', durationMs: 290_000 });
    metrics.observer.discoveryQueried({ kind: 'catalog', outcome: 'unreachable', durationMs: 3 });
    assert.deepEqual(await series(metrics, 'ambassador_consul_queries_total'), [
      '{kind="health",outcome="answered"} 2',
      '{kind="catalog",outcome="unreachable"} 1',
    ]);
    assert.deepEqual(await series(metrics, 'ambassador_consul_query_duration_seconds_sum'), [
      '{kind="health"} 290.02',
      '{kind="catalog"} 0.003',
    ]);
  });

  it('counts the sudden losses that it did not believe, and those that it did', async () => {
    const metrics = started([]);
    metrics.observer.shrinkHeld('payments', 3);
    metrics.observer.shrinkHeld('payments', 3);
    metrics.observer.shrinkBelieved('payments', 3);
    assert.deepEqual(await series(metrics, 'ambassador_endpoint_losses_total'), [
      '{verdict="held"} 2',
      '{verdict="believed"} 1',
    ]);
  });
});

describe('the page', () => {
  it('names the build, the process, the lines that the access log gave up and the contents that are kept', async () => {
    const metrics = started([]);
    const { contentType, body } = await metrics.scrape();
    assert.match(contentType, /^text\/plain; version=0\.0\.4/);
    assert.match(body, /^ambassador_build_info\{version="1\.2\.3",node_version="v\d+\.\d+\.\d+"\} 1$/m);
    assert.match(body, /^ambassador_access_log_dropped_total 5$/m);
    assert.match(body, /^ambassador_log_dropped_total 3$/m);
    assert.match(body, /^ambassador_faults_total 1$/m);
    assert.match(body, /^ambassador_replay_buffer_bytes 4096$/m);
    assert.match(body, /^nodejs_eventloop_lag_p99_seconds /m);
    assert.match(body, /^process_resident_memory_bytes /m);
  });

  it('has no process metrics whose making lists every socket', async () => {
    assert.doesNotMatch((await started([]).scrape()).body, /nodejs_active_/);
  });

  it('is the same for the second scrape when nothing happened in between', async () => {
    const metrics = opened('payments');
    metrics.observer.requestFinished(requestFacts());
    const first = await series(metrics, 'ambassador_requests_total');
    assert.deepEqual(await series(metrics, 'ambassador_requests_total'), first);
  });

  it('stays under 1 MB with 50 services of 400 endpoints', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `a-service-with-a-name-${i}`);
    const members = Array.from({ length: 400 }, (_, i) => member({ port: i + 1 }));
    const metrics = started(names.map((name) => ({ ...measured({ members }), name })));
    for (const service of names) {
      metrics.observer.serviceOpened(service);
      for (let status = 200; status < 600; status++) {
        metrics.observer.requestFinished(requestFacts({ service, status }));
      }
    }
    assert.ok((await metrics.scrape()).body.length < 1_000_000);
  });
});

describe('protections', () => {
  it('show the state of each circuit, and what retries can be afforded', async () => {
    const metrics = started([measured({ circuit: 'half_open' })]);
    assert.deepEqual(await series(metrics, 'ambassador_circuit_state'), [
      '{service="payments",state="closed"} 0',
      '{service="payments",state="open"} 0',
      '{service="payments",state="half_open"} 1',
      '{service="payments",state="isolated"} 0',
    ]);
    assert.deepEqual(await series(metrics, 'ambassador_retry_budget_available'), ['{service="payments"} 12']);
  });

  it('leave out a circuit that is switched off', async () => {
    const service = { ...measured({}), protections: { circuit: undefined } };
    assert.deepEqual(await series(started([service]), 'ambassador_circuit_state'), []);
  });

  it('count a hedge apart from retries', async () => {
    const metrics = opened('payments');
    const attempts = [attemptFacts(), attemptFacts(), attemptFacts()];
    metrics.observer.requestFinished(requestFacts({ attempts, flags: ['HG'] }));
    assert.deepEqual(await series(metrics, 'ambassador_hedges_total'), ['{service="payments"} 1']);
    assert.deepEqual(await series(metrics, 'ambassador_retries_total'), ['{service="payments"} 1']);
  });
});

describe('The metrics page', () => {
  it('keeps its names in plain text, however often it was read as OpenMetrics', async () => {
    const metrics = opened('payments');
    metrics.observer.requestFinished(requestFacts());
    const first = await metrics.scrape(OPENMETRICS);
    assert.match(first.body, /^# TYPE ambassador_requests counter$/m);
    assert.match(first.body, /^ambassador_requests_total{/m);
    assert.match(first.body, /\n# EOF\n$/);
    assert.match((await metrics.scrape()).body, /^# TYPE ambassador_requests_total counter$/m);
    const [openMetrics, text] = await Promise.all([metrics.scrape(OPENMETRICS), metrics.scrape()]);
    assert.match(openMetrics.body, /^ambassador_requests_total{/m);
    assert.match(text.body, /^ambassador_requests_total{/m);
  });

  it('tells what became of spans, where requests are traced', async () => {
    const spans = { exported: 7, waiting: 2, dropped: { queue_full: 3, refused: 0 } };
    const metrics = started([], spans);
    assert.deepEqual(await series(metrics, 'ambassador_tracing_spans_exported_total'), [' 7']);
    assert.deepEqual(await series(metrics, 'ambassador_tracing_spans_waiting'), [' 2']);
    assert.deepEqual(await series(metrics, 'ambassador_tracing_spans_dropped_total'), [
      '{reason="queue_full"} 3',
      '{reason="refused"} 0',
    ]);
    assert.deepEqual(await series(started([]), 'ambassador_tracing_spans_exported_total'), []);
  });
});

const OPENMETRICS = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5';

interface Started {
  readonly observer: CompleteObserver;
  readonly scrape: PrometheusMetrics['scrape'];
}

function started(services: readonly MeasuredService[], spans?: SpanCounts): Started {
  const metrics = new PrometheusMetrics({
    version: '1.2.3',
    services: () => services,
    clock: { now: () => 1_000 },
    accessLogDropped: () => 5,
    listenerFaults: () => 3,
    logDropped: () => 3,
    faults: () => 1,
    replayBufferBytes: () => 4_096,
    spans,
  });
  return { observer: observed(...metrics.observers), scrape: (accept) => metrics.scrape(accept) };
}

function opened(service: string): Started {
  const metrics = started([]);
  metrics.observer.serviceOpened(service);
  return metrics;
}

/** The lines of one metric, without its name. */
async function series(metrics: Started, name: string): Promise<string[]> {
  const { body } = await metrics.scrape();
  return body
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .map((line) => line.slice(name.length));
}

function measured(given: {
  readonly members?: readonly JudgedEndpoint[];
  readonly panic?: MeasuredService['panic'];
  readonly version?: number;
  readonly freshness?: Freshness;
  readonly circuit?: CircuitState;
}): MeasuredService {
  const { members = [], panic = 'none', version = 1, freshness, circuit = 'closed' } = given;
  return {
    name: 'payments',
    active: 0,
    bytes: { received: 0, sent: 0 },
    upstream: { protocol: 'http' },
    feed: {
      table: { version, endpoints: members.map(({ endpoint }) => endpoint) },
      freshness: () => freshness ?? { provenance: 'registry', ageMs: 0, failure: undefined },
    },
    overriding: { current: undefined },
    endpoints: { members },
    panic,
    parts: [{ tier: 0, upstream: { endpoints: { members } } }],
    protections: {
      circuit: {
        view: (now) => ({
          state: circuit,
          since: now,
          opensForMs: undefined,
          calls: 0,
          failures: 0,
          slow: 0,
        }),
      },
    },
    retryBudget: { available: () => 12 },
  };
}

function member(given: Parameters<typeof testEndpoint>[0]): JudgedEndpoint {
  return {
    endpoint: testEndpoint(typeof given === 'number' ? given : { port: 8080, ...given }),
    drained: false,
    outlier: { state: { kind: 'available', returnedAt: undefined } },
  };
}

function ejected(): JudgedEndpoint {
  const state = { kind: 'ejected', reason: 'consecutive_5xx', since: 0, until: 30_000, count: 1 } as const;
  return { ...member({ health: 'passing' }), outlier: { state } };
}

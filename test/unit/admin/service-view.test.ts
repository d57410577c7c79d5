import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EndpointView, ViewedEndpoint } from '../../../src/admin/endpoint-view.ts';
import { endpointView } from '../../../src/admin/endpoint-view.ts';
import { serviceJson } from '../../../src/admin/service-json.ts';
import type { ViewedService } from '../../../src/admin/service-view.ts';
import { serviceSummary, serviceView } from '../../../src/admin/service-view.ts';
import type { Endpoint } from '../../../src/endpoint/endpoint.ts';
import type { Panic } from '../../../src/endpoint/panic.ts';
import type { HostState } from '../../../src/outlier/host.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

const NOW = { monotonic: 100_000, wall: Date.UTC(2026, 0, 1, 12) };

describe('an endpoint', () => {
  it('is shown with what discovery says and what this process knows', () => {
    const view = viewed({
      endpoint: { address: 'fd00::7', port: 8080, tags: ['v2'], meta: { zone: 'a' }, weight: 3 },
      inFlight: 2,
      latency: 12.3456789,
    });
    assert.deepEqual(view, {
      id: 'node/8080',
      address: 'fd00::7',
      port: 8080,
      socketPath: null,
      authority: '[fd00::7]:8080',
      discoveredAt: null,
      secure: false,
      node: 'node',
      datacenter: 'dc1',
      target: null,
      tier: 0,
      health: 'passing',
      healthDetail: null,
      remembered: false,
      weight: 3,
      tags: ['v2'],
      meta: { zone: 'a' },
      inFlight: 2,
      latencyMs: 12.346,
      retryAfterMs: null,
      healthCheck: null,
      outlier: {
        state: 'available',
        since: null,
        until: null,
        remainingMs: null,
        reason: null,
        ejections: 0,
        recent: { requests: 0, failures: 0 },
      },
      state: 'available',
      usable: true,
      reason: 'It gets requests: all its checks pass.',
    });
  });

  it('has no latency before its first response', () => {
    assert.equal(viewed({ latency: undefined }).latencyMs, null);
  });

  it('that asked for a pause with Retry-After says so, and for how long', () => {
    const { usable, retryAfterMs, reason } = viewed({ pause: 11_200 });
    assert.equal(usable, true);
    assert.equal(retryAfterMs, 11_200);
    assert.equal(
      reason,
      'It gets requests: all its checks pass. It asked for a pause of another 12 s (Retry-After), so peakEwma rather takes others.',
    );
  });

  it('with a warning is usable, and says what warns', () => {
    const { usable, reason } = viewed({ endpoint: { health: 'warning', healthDetail: 'disk: 91 % full' } });
    assert.equal(usable, true);
    assert.equal(reason, 'It gets requests; a check warns (disk: 91 % full).');
  });

  it('says so when it fails and gets requests all the same, and claims no check where nobody checks', () => {
    assert.equal(
      viewed({ recent: { requests: 12, failures: 11 } }).reason,
      'It gets requests: all its checks pass. 11 of its last 12 requests failed.',
    );
    assert.equal(
      viewed({ endpoint: { datacenter: undefined } }).reason,
      'It gets requests: no registry checks it.',
    );
    const checked = viewed({ endpoint: { datacenter: undefined }, lastCheck: { kind: 'passed' } });
    assert.equal(checked.reason, 'It gets requests: no registry checks it, its health checks do.');
    assert.deepEqual(checked.healthCheck, { passed: true, detail: null });
    assert.equal(
      viewed({ lastCheck: { kind: 'failed', detail: 'GET /health: 503' } }).reason,
      'It gets requests: all its checks pass. Its last health check failed (GET /health: 503).',
    );
  });

  it('that is ejected shows since when, until when and by what', () => {
    const { outlier, state, usable, reason } = viewed({ state: ejected(130_500) });
    assert.deepEqual(outlier, {
      state: 'ejected',
      since: '2026-01-01T11:59:50.000Z',
      until: '2026-01-01T12:00:30.500Z',
      remainingMs: 30_500,
      reason: 'consecutive_5xx',
      ejections: 2,
      recent: { requests: 0, failures: 0 },
    });
    assert.equal(state, 'ejected');
    assert.equal(usable, false);
    assert.equal(reason, 'It is ejected by the rule consecutive_5xx for another 31 s (ejection number 2).');
  });

  it('that has been ejected for whole seconds shows no second more for what the sums of a clock leave', () => {
    const { reason } = viewed({ state: ejected(130_000.000_02, 'operator') });
    assert.match(reason, /for another 30 s/);
  });

  it('that an operator ejected for good has no end to show', () => {
    const { outlier, reason } = viewed({ state: ejected(Number.POSITIVE_INFINITY, 'operator') });
    assert.equal(outlier.until, null);
    assert.equal(outlier.remainingMs, null);
    assert.equal(reason, 'It is ejected by an operator until an operator lets it back (ejection number 2).');
  });

  it('that did not pass its probe says for how long it is out', () => {
    assert.equal(
      viewed({ state: ejected(130_500, 'probe_failure') }).reason,
      'It is ejected because its probe failed, for another 31 s (ejection number 2).',
    );
  });

  it('whose ejection has run out awaits its probe', () => {
    const over = viewed({ state: ejected(99_000, 'probe_failure') });
    assert.equal(over.outlier.remainingMs, 0);
    assert.equal(
      over.reason,
      'It was ejected because its probe failed; the next request may be its probe (ejection number 2).',
    );
    const probing = viewed({ state: { kind: 'probing', since: 99_500, probe: undefined } });
    assert.equal(probing.outlier.since, '2026-01-01T11:59:59.500Z');
    assert.equal(probing.usable, false);
    assert.match(probing.reason, /one request is to show whether it has recovered/);
  });

  it('that came back shows since when', () => {
    const { outlier, usable } = viewed({ state: { kind: 'available', returnedAt: 90_000 } });
    assert.equal(outlier.since, '2026-01-01T11:59:50.000Z');
    assert.equal(usable, true);
  });

  const out: readonly (readonly [string, Parameters<typeof viewed>[0], string])[] = [
    [
      'critical',
      { endpoint: { health: 'critical', healthDetail: 'http: connection refused' } },
      'A check is critical (http: connection refused).',
    ],
    [
      'critical',
      { endpoint: { health: 'critical', healthDetail: 'http: 500' }, recent: { requests: 9, failures: 1 } },
      'A check is critical (http: 500). Its connections say otherwise: 8 of its last 9 requests succeeded.',
    ],
    [
      'deregistered',
      { deregistered: true, inFlight: 1 },
      'It is not listed any more and gets no new requests; one under way may end.',
    ],
    ['maintenance', { endpoint: { health: 'maintenance' } }, 'It is in maintenance.'],
    ['drained', { drained: true, inFlight: 1 }, 'An operator drained it; 1 request is under way.'],
    [
      'no_port',
      { endpoint: { port: 0 } },
      'It is registered without a port: register the one that it listens on.',
    ],
    ['zero_weight', { endpoint: { weight: 0 } }, 'Its weight is 0 while it is passing.'],
  ];
  for (const [state, given, reason] of out) {
    it(`that is ${state} gets no requests, and says why: ${reason}`, () => {
      const view = viewed(given);
      assert.equal(view.state, state);
      assert.equal(view.usable, false);
      assert.equal(view.reason, reason);
    });
  }

  it('is drained whatever else it is', () => {
    assert.equal(viewed({ drained: true, endpoint: { health: 'critical' } }).state, 'drained');
  });
});

describe('in panic', () => {
  it('ejected endpoints are usable, and say so', () => {
    const view = viewed({ state: ejected(130_000) }, 'all_ejected');
    assert.equal(view.usable, true);
    assert.match(view.reason, /It gets requests all the same, since there is no better one\.$/);
  });

  it('critical endpoints are usable when nothing else is, but no others', () => {
    assert.equal(viewed({ endpoint: { health: 'critical' } }, 'all_critical').usable, true);
    assert.equal(viewed({ endpoint: { health: 'critical', weight: 0 } }, 'all_critical').usable, false);
    assert.equal(viewed({ endpoint: { health: 'maintenance' } }, 'all_critical').usable, false);
    assert.equal(viewed({ drained: true }, 'all_critical').usable, false);
    assert.equal(viewed({ endpoint: { health: 'critical' } }, 'all_ejected').usable, false);
  });
});

describe('a service', () => {
  it('is summed up by the states of its endpoints', () => {
    const members = [
      member({}),
      member({ state: ejected(130_000) }),
      member({ endpoint: { health: 'critical' } }),
    ];
    assert.deepEqual(serviceSummary(service({ members, active: 4, panic: 'all_ejected' }), NOW), {
      name: 'payments',
      protocol: 'http',
      table: { version: 3, provenance: 'registry', ageMs: 1_235, failure: null },
      endpointCounts: {
        total: 3,
        available: 1,
        ejected: 1,
        probing: 0,
        critical: 1,
        maintenance: 0,
        drained: 0,
        no_port: 0,
        bad_address: 0,
        forbidden_address: 0,
        zero_weight: 0,
      },
      panic: 'all_ejected',
      failovers: [],
      activeRequests: 4,
      bytes: null,
      override: null,
      circuit: {
        state: 'open',
        calls: 20,
        failures: 20,
        slow: 0,
        since: '2026-01-01T11:59:59.000Z',
        opensForMs: 500,
      },
    });
  });

  it('shows what keeps its table from being confirmed', () => {
    const failure = { kind: 'unreachable', detail: 'connection refused' } as const;
    const { table } = serviceSummary(service({ failure }), NOW);
    assert.deepEqual(table.failure, failure);
  });

  it('without an answer yet has version 0 and no age', () => {
    const { table } = serviceSummary(service({ hasTable: false }), NOW);
    assert.deepEqual(table, { version: 0, provenance: null, ageMs: null, failure: null });
  });

  it('shows each of its endpoints in full', () => {
    const view = serviceView(service({ members: [member({ endpoint: { port: 1 } }), member({})] }), NOW);
    assert.deepEqual(
      view.endpoints.map(({ id }) => id),
      ['node/1', 'node/8080'],
    );
    assert.equal(view.endpointCounts.total, 2);
  });

  for (const count of [0, 1, 200, 1_003]) {
    it(`as JSON is the same with ${count} endpoints, in turns of 200, whatever becomes of them meanwhile`, async () => {
      const members = Array.from({ length: count }, (_, port) => member({ endpoint: { port } }));
      const viewed = service({ members });
      const expected = serviceView(viewed, NOW);
      let turns = 0;
      const json = await serviceJson(viewed, NOW, async () => {
        turns++;
        members.length = 0;
      });
      assert.deepEqual(JSON.parse(json), JSON.parse(JSON.stringify(expected)));
      assert.equal(turns, Math.floor(count / 200));
    });
  }
});

interface Given {
  readonly endpoint?: Partial<Endpoint>;
  readonly state?: HostState;
  readonly drained?: boolean;
  readonly deregistered?: boolean;
  readonly inFlight?: number;
  readonly latency?: number | undefined;
  readonly pause?: number;
  readonly lastCheck?: ViewedEndpoint['lastCheck'];
  readonly recent?: { readonly requests: number; readonly failures: number };
}

function member({
  endpoint,
  state,
  drained = false,
  deregistered = false,
  inFlight = 0,
  latency,
  pause = 0,
  lastCheck,
  recent = { requests: 0, failures: 0 },
}: Given): ViewedEndpoint {
  return {
    endpoint: testEndpoint({ port: 8080, ...endpoint }),
    drained,
    deregistered,
    secure: false,
    inFlight,
    medianLatencyMs: () => latency,
    pauseMs: () => pause,
    lastCheck,
    outlier: {
      state: state ?? { kind: 'available', returnedAt: undefined },
      ejections: state?.kind === 'ejected' ? state.count : 0,
      window: { asOf: () => recent },
    },
  };
}

function viewed(given: Given, panic: Panic = 'none'): EndpointView {
  return endpointView(member(given), panic, NOW);
}

function ejected(
  until: number,
  reason: 'consecutive_5xx' | 'operator' | 'probe_failure' = 'consecutive_5xx',
) {
  return { kind: 'ejected', reason, since: 90_000, until, count: 2 } as const;
}

function service(given: {
  readonly members?: readonly ViewedEndpoint[];
  readonly active?: number;
  readonly panic?: Panic;
  readonly failure?: ReturnType<ViewedService['feed']['freshness']>['failure'];
  readonly hasTable?: boolean;
}): ViewedService {
  const { members = [], active = 0, panic = 'none', failure, hasTable = true } = given;
  return {
    bytes: { received: 0, sent: 0 },
    upstream: { protocol: 'http' },
    name: 'payments',
    active,
    feed: {
      table: hasTable ? { version: 3, endpoints: members.map(({ endpoint }) => endpoint) } : undefined,
      freshness: () => ({ provenance: 'registry', ageMs: 1_234.6, failure }),
    },
    endpoints: { members },
    panic,
    protections: {
      circuit: {
        view: () => ({ state: 'open', since: 99_000, opensForMs: 499.6, calls: 20, failures: 20, slow: 0 }),
      },
      bulkhead: { active: 3, queued: 1, limit: 1024 },
    },
  };
}

// Grafana's dashboard and the alert rules ask for what there is: a real Prometheus scrapes an ambassador that had good
// and bad times, and every query is put to it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import type { PrometheusProcess } from '../../support/prometheus.ts';
import { findPromtool, startPrometheus } from '../../support/prometheus.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

const DEPLOY = resolve(import.meta.dirname, '../../../deploy');

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly query: string | { readonly query: string } }[] };
}

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

const dashboard: Dashboard = JSON.parse(
  readFileSync(join(DEPLOY, 'grafana/dashboards/ambassador.json'), 'utf8'),
);
const rules: Rules = parse(readFileSync(join(DEPLOY, 'prometheus/alerts.yml'), 'utf8'));

/** As Grafana fills them in with everything chosen. */
function filledIn(expression: string): string {
  return expression.replaceAll('$__rate_interval', '10s').replaceAll(/\$(instance|service)/g, '.*');
}

/** The names of all series that a query asks for. */
function seriesIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:ambassador|nodejs|process)_[a-z0-9_]+/g)].map(([name]) => name);
}

async function known(prometheus: PrometheusProcess): Promise<Set<string>> {
  const samples = await prometheus.query('count by (__name__) ({job="ambassador"})');
  return new Set(samples.map(({ metric }) => metric['__name__'] ?? ''));
}

test('every query of the dashboard has an answer, and every alert asks for series that exist', {
  timeout: 120_000,
}, async (t) => {
  const consul = await startConsulAgent(t);
  let calls = 0;
  const good = await startUpstream(t, (_request, response) => {
    calls++;
    response.writeHead(calls % 3 === 0 ? 500 : 200).end('answer');
  });
  const failing = await startUpstream(t, (_request, response) => response.writeHead(503).end());
  let tries = 0;
  // Fails for a while and is well for a while: it is ejected and comes back.
  const wavering = await startUpstream(t, (_request, response) => {
    tries++;
    response.writeHead(tries % 8 < 4 ? 503 : 200).end();
  });
  await consul.register({ name: 'payments', id: 'payments-1', port: good.port });
  await consul.register({ name: 'payments', id: 'payments-2', port: wavering.port });
  await consul.register({ name: 'fraud', id: 'fraud-2', port: await unusedPort() });
  await consul.register({ name: 'fraud', port: failing.port });
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: {
      defaults: {
        hedging: { minDelay: '1ms', percentile: 50, maxExtraPercent: 100 },
        loadBalancer: { policy: 'roundRobin' },
        outlierDetection: { consecutive5xx: 3, baseEjectionTime: '1s', maxEjectionTime: '1s' },
      },
    },
  });
  const prometheus = await startPrometheus(t, new URL(ambassador.adminUrl).host);

  // The last ones are cut when the test ends.
  const ask = (path: string) =>
    fetch(`${ambassador.url}${path}`).then(
      (response) => response.arrayBuffer(),
      () => {},
    );
  const traffic = setInterval(() => {
    for (const path of ['/payments/a', '/payments/b', '/fraud/c', '/nobody/d']) void ask(path);
  }, 50);
  t.after(() => clearInterval(traffic));

  const queries = dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ title, expr: filledIn(expr) })),
  );
  assert.ok(queries.length >= 20);
  for (const { title, expr } of queries) {
    await eventually(
      async () => assert.ok((await prometheus.query(expr)).length > 0, `${title}: ${expr}`),
      30_000,
    );
  }

  const names = await known(prometheus);
  for (const { query } of dashboard.templating.list) {
    const text = typeof query === 'string' ? query : query.query;
    for (const name of seriesIn(text)) assert.ok(names.has(name), `${name} of ${text}`);
  }
  // Spans are counted only where requests are traced.
  names.add('ambassador_tracing_spans_dropped_total');
  for (const { alert, expr } of rules.groups.flatMap((group) => group.rules)) {
    await prometheus.query(expr);
    for (const name of seriesIn(expr)) assert.ok(names.has(name), `${name} of ${alert}`);
  }
});

test('promtool finds nothing wrong with the metrics', async (t) => {
  const consul = await startConsulAgent(t);
  const upstream = await startUpstream(t, (_request, response) => response.end());
  await consul.register({ name: 'payments', port: upstream.port });
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await (await fetch(`${ambassador.url}/payments/a`)).arrayBuffer();
  const page = await (await fetch(`${ambassador.adminUrl}/metrics`)).text();
  const check = spawnSync(findPromtool(), ['check', 'metrics'], {
    input: page,
    encoding: 'utf8',
  });
  assert.deepEqual([check.status, check.stdout, check.stderr], [0, '', '']);
});

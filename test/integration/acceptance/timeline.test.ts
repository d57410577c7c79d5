// What happened to a service, as its operator reads it afterwards.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { registerSample } from '../../../src/demo/register.ts';
import type { TimelineEntry } from '../../../src/observe/timeline/timeline-entry.ts';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { runAmbassador, startAmbassador } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import type { Upstream } from '../../support/upstreams.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

test('with Consul, an instance that goes, an ejection, an open circuit and a failed request are in the timeline', async (t) => {
  const consul = await startConsulAgent(t);
  const failing = new Set<string>();
  const instance = (id: string): Promise<Upstream> =>
    startUpstream(t, ({ url }, response) => {
      response.statusCode = failing.has(id) && url !== '/health' ? 503 : 200;
      response.end();
    });
  const ids = ['payments-1', 'payments-2', 'payments-3'];
  for (const id of ids) {
    await registerSample(consul.address, { service: 'payments', id, port: (await instance(id)).port });
  }
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    config: {
      services: {
        payments: {
          loadBalancer: { policy: 'roundRobin' },
          outlierDetection: { maxEjectionPercent: 50 },
          circuitBreaker: { consecutiveFailures: 5 },
        },
      },
    },
  });
  await ambassador.untilReady();
  await eventually(async () => {
    const { endpointCounts } = Object(await ambassador.admin('/api/services/payments'));
    assert.equal(endpointCounts.available, ids.length);
  });

  await consul.deregister('payments-3');
  const left = await entryOf(ambassador, 'table', ({ detail }) => counted(detail)['removed'] === 1);
  assert.match(left.summary, /payments has 2 endpoints .*payments-3 at \S+ is gone/);
  assert.equal(left.severity, 'warning');

  failing.add('payments-1');
  await callTimes(ambassador, 30);
  const ejection = await entryOf(ambassador, 'ejection', ({ detail }) => detail['event'] === 'ejected');
  assert.match(ejection.summary, /of payments is ejected for [\d.]+ s: /);
  failing.add('payments-2');
  await callTimes(ambassador, 10);
  const opened = await entryOf(ambassador, 'circuit', ({ detail }) => detail['to'] === 'open');
  assert.match(opened.summary, /^The circuit of payments is open\. /);
  const failed = await entryOf(ambassador, 'request', ({ severity }) => severity === 'error');
  assert.match(failed.summary, /^POST \/payments\/charge was answered 503/);
  assert.doesNotMatch(JSON.stringify(await ambassador.admin('/api/timeline')), /4111111111111111/);

  const samples = Object(await ambassador.admin('/api/services/payments/requests'));
  assert.ok(samples.failed.length > 0);
  assert.doesNotMatch(JSON.stringify(samples), /4111111111111111/);
  const history = Object(await ambassador.admin('/api/services/payments/history'));
  assert.equal(history.stepMs, 5_000);
  assert.equal(history.points.errors.length, history.points.p99Ms.length);
  const errors = history.points.errors.reduce((sum: number, count: number) => sum + count, 0);
  assert.ok(errors >= 5);
  const overview = Object(await ambassador.admin('/api/overview'));
  assert.equal(overview.consul.state, 'answering');
  assert.equal(overview.services[0].ejections, 1);
  assert.notEqual(overview.services[0].circuit.state, 'closed');
  assert.ok(overview.services[0].rates.errorRatio > 0);

  const { stdout, code } = await runAmbassador('timeline', 'payments', '--admin', ambassador.adminUrl);
  assert.equal(code, 0);
  assert.match(stdout, /^\S+ ! table +payments has 2 endpoints/m);
  assert.match(stdout, /^\S+ ✗ circuit +The circuit of payments is open/m);
});

test('a Consul that goes away is reported once, and so is its return', async (t) => {
  const ambassador = await startAmbassador(t, { consul: `http://127.0.0.1:${await unusedPort()}` });
  const entry = await entryOf(ambassador, 'discovery', ({ service }) => service === null);
  assert.match(entry.summary, /^Consul has not answered yet: /);
  const { consul } = Object(await ambassador.admin('/api/overview'));
  assert.equal(consul.state, 'failing');
});

test('the timeline is refused what it does not know, and shows one kind when asked', async (t) => {
  const ambassador = await startStatic(t);
  for (const query of ['kind=nonsense', 'limit=-1', 'since=4']) {
    assert.equal((await fetch(`${ambassador.adminUrl}/api/timeline?${query}`)).status, 400, query);
  }
  await fetch(`${ambassador.url}/payments/charge`);
  const args = ['--admin', ambassador.adminUrl, '--kind', 'request', '--json'];
  const { stdout } = await runAmbassador('timeline', ...args);
  const { entries }: { entries: TimelineEntry[] } = JSON.parse(stdout);
  assert.deepEqual(
    entries.map(({ kind }) => kind),
    ['request'],
  );
  assert.equal((await runAmbassador('timeline', 'a', 'b')).code, 64);
});

test('who follows the timeline reads each entry once, as it happens', async (t) => {
  const ambassador = await startStatic(t);
  await fetch(`${ambassador.url}/payments/charge`);
  const follower = spawn(process.execPath, [
    MAIN,
    'timeline',
    'payments',
    '-f',
    '--json',
    '--admin',
    ambassador.adminUrl,
  ]);
  t.after(() => follower.kill('SIGKILL'));
  let printed = '';
  follower.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const entries = (): TimelineEntry[] =>
    printed
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  await eventually(() => assert.ok(entries().some(({ kind }) => kind === 'request')));
  await fetch(`${ambassador.url}/payments/charge`, { method: 'PATCH', headers: { 'x-fail': 'yes' } });
  await eventually(() => assert.ok(entries().some(({ summary }) => summary.startsWith('PATCH '))));
  const ids = entries().map(({ id }) => id);
  assert.deepEqual(ids, [...new Set(ids)]);
});

async function startStatic(t: TestContext): Promise<AmbassadorProcess> {
  const upstream = await startUpstream(t, ({ headers }, response) => {
    response.statusCode = headers['x-fail'] === undefined ? 200 : 500;
    response.end();
  });
  return startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: { services: { payments: { discover: { endpoints: [`127.0.0.1:${upstream.port}`] } } } },
  });
}

async function callTimes({ url }: AmbassadorProcess, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await fetch(`${url}/payments/charge?card=4111111111111111`, { method: 'POST' });
  }
}

function entryOf(
  ambassador: AmbassadorProcess,
  kind: string,
  matches: (entry: TimelineEntry) => boolean,
): Promise<TimelineEntry> {
  return eventually(async () => {
    const { entries }: { entries: TimelineEntry[] } = Object(
      await ambassador.admin(`/api/timeline?kind=${kind}`),
    );
    const found = entries.find(matches);
    assert.ok(found !== undefined, JSON.stringify(entries));
    return found;
  });
}

function counted(detail: TimelineEntry['detail']): Readonly<Record<string, unknown>> {
  return Object(detail['counts']);
}

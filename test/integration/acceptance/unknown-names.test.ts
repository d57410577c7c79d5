import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { test } from 'node:test';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { get, inParallel } from '../../support/load.ts';
import { assertNoGrowth } from '../../support/memory-growth.ts';
import { startUpstream } from '../../support/upstreams.ts';

/** Long ones: what is kept of them shows. */
async function callUnknown(ambassador: AmbassadorProcess, from: number, count: number): Promise<Set<number>> {
  const agent = new Agent({ keepAlive: true });
  const { url } = ambassador;
  const statuses = new Set<number>();
  await inParallel(20, count, async (i) => {
    const { status } = await get(`${url}/stranger-${from + i}-${'x'.repeat(100)}/charge`, agent);
    statuses.add(status);
  });
  agent.destroy();
  return statuses;
}

/** The series of its metrics, without their values. */
async function seriesOf(ambassador: AmbassadorProcess): Promise<string[]> {
  const lines = (await ambassador.metrics()).split('\n');
  return lines.filter((line) => line.startsWith('ambassador_')).map((line) => line.replace(/ \S+$/, ''));
}

test('names that Consul does not know are answered 404 and leave nothing behind', async (t) => {
  const consul = await startConsulAgent(t, { config: { log_level: 'debug' } });
  const upstream = await startUpstream(t, (_request, response) => response.end());
  await consul.register({ name: 'payments', port: upstream.port });
  const ambassador = await startAmbassador(t, {
    consul: consul.address,
    memoryProbe: true,
    // Every failed request is a line, and lines that this process has not read yet wait in memory, up to their own bound.
    config: { accessLog: { enabled: false } },
  });
  await ambassador.untilReady();
  assert.equal((await fetch(`${ambassador.url}/payments/charge`)).status, 200);
  const queries = (): string[] => consul.log.match(/url=\/v1\/health\/service\/\S+/g) ?? [];
  await eventually(() => assert.match(queries().join(), /payments/));

  const answer = await fetch(`${ambassador.url}/stranger/charge`);
  assert.equal(answer.status, 404);
  assert.equal(answer.headers.get('x-ambassador-error'), 'unknown_service');
  await callUnknown(ambassador, 0, 1_000);
  const series = await seriesOf(ambassador);
  await assertNoGrowth(ambassador, 250_000, async (round) => {
    assert.deepEqual(await callUnknown(ambassador, 1_000 + round * 3_000, 3_000), new Set([404]));
  });

  assert.deepEqual(await seriesOf(ambassador), series);
  assert.deepEqual(
    [...new Set(queries().map((url) => url.replace(/\?.*/, '')))],
    ['url=/v1/health/service/payments'],
  );
  assert.doesNotMatch(consul.log, /stranger/);
});

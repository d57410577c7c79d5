import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { registerSample } from '../../../src/demo/register.ts';
import type { SampleProcess } from '../../../src/demo/sample-process.ts';
import { startSampleProcess } from '../../../src/demo/sample-process.ts';
import { pause } from '../../../src/demo/wait.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startLoad } from '../../support/load.ts';

async function startInstance(t: TestContext, consul: ConsulAgent, id: string): Promise<SampleProcess> {
  const instance = await startSampleProcess('payments', id);
  t.after(() => instance.kill());
  await registerSample(consul.address, { service: 'payments', id, port: instance.port });
  return instance;
}

async function untilPassing(consul: ConsulAgent, count: number): Promise<void> {
  await eventually(async () => {
    const passing = await consul.request('GET', '/v1/health/service/payments?passing=true');
    assert.equal(Array.isArray(passing) && passing.length, count);
  });
}

async function setHealth({ port }: SampleProcess, status: number): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/health?status=${status}`, { method: 'POST' });
}

test('no GET fails while each of five instances goes its own way', async (t) => {
  const consul = await startConsulAgent(t);
  const ids = ['killed', 'stopped', 'deregistered', 'maintained', 'flapping'] as const;
  const instances = await Promise.all(ids.map((id) => startInstance(t, consul, id)));
  const [killed, stopped, , , flapping] = instances;
  assert.ok(killed !== undefined && stopped !== undefined && flapping !== undefined);
  await untilPassing(consul, ids.length);
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();

  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 200, total: 2_000 });
  const flap = async (): Promise<void> => {
    for (let second = 0; second < 8; second++) {
      await setHealth(flapping, second % 2 === 0 ? 503 : 200);
      await pause(1_000);
    }
  };
  const happen = async (): Promise<void> => {
    await pause(1_000);
    await killed.kill();
    await pause(500);
    process.kill(stopped.pid, 'SIGSTOP');
    await pause(1_500);
    await consul.deregister('deregistered');
    await pause(1_000);
    await consul.setMaintenance('maintained', true);
    await pause(4_500);
    process.kill(stopped.pid, 'SIGCONT');
  };
  const [result] = await Promise.all([load.result, flap(), happen()]);

  assert.deepEqual(result.failed, []);
  assert.equal(result.statuses[200], 2_000);
  // Callers noticed nothing, although there was something to notice.
  for (const outcome of [/connect_failure/, /upstream_timeout/]) {
    assert.ok((await ambassador.metric('ambassador_attempts_total', outcome)) > 0, String(outcome));
  }
});

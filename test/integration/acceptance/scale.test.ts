import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceView } from '../../../src/admin/service-view.ts';
import { startSampleProcess } from '../../../src/demo/sample-process.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { startLoad } from '../../support/load.ts';
import { ScaleWorld } from '../../support/scale-world.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const SECONDS = 10;

test('fifty services whose registrations never rest are followed with a bounded number of queries', async (t) => {
  const [consul, sample] = await Promise.all([startConsulAgent(t), startSampleProcess('sample', 'sample-1')]);
  t.after(() => sample.kill());
  const world = new ScaleWorld(consul, { services: 50, endpointsPerService: 10, port: sample.port });
  await world.register();
  const ambassador = await startAmbassador(t, { consul: consul.address });
  await ambassador.untilReady();

  const startedAt = performance.now();
  const used = world.names.slice(0, 10);
  const load = startLoad(t, { url: used.map((name) => `${ambassador.url}/${name}/`), perSecond: 50 });
  await world.churn(used.slice(0, 5), { perSecond: 40, seconds: SECONDS, random: seededRandom(9) });
  assert.deepEqual((await load.stop()).failed, []);

  for (const name of used) {
    await eventually(async () => {
      const { endpoints } = (await ambassador.admin(`/api/services/${name}`)) as ServiceView;
      assert.deepEqual(endpoints.map(({ id }) => id.split('/').at(-1)).sort(), world.instancesOf(name));
    });
  }
  const health = await ambassador.metric('ambassador_consul_queries_total', /kind="health"/);
  const all = await ambassador.metric('ambassador_consul_queries_total');
  const seconds = (performance.now() - startedAt) / 1_000;
  // Each watch may ask ten times at once and then four times a second; only five and the list of names had reason to.
  const paced = 10 + 4 * seconds;
  assert.ok(health <= 5 * paced + 5 * 2, `${health} health queries`);
  assert.ok(all <= 6 * paced + 5 * 2 + 10, `${all} queries`);
});

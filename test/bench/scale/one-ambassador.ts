// One real ambassador, compiled, before a real Consul: a wide registry with much in use, and one very large service;
// each at rest, under traffic, and while registrations keep changing.

import { startSampleProcess } from '../../../src/demo/sample-process.ts';
import { pause } from '../../../src/demo/wait.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { percentile, startLoad } from '../../support/load.ts';
import { ScaleWorld } from '../../support/scale-world.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { ambassadorFigures, figuresBetween } from './ambassador-figures.ts';
import { startByteRelay } from './byte-relay.ts';
import type { ScaleRow } from './row.ts';
import { counted } from './row.ts';

export interface Scope {
  readonly after: (end: () => unknown) => void;
}

interface Churn {
  readonly what: string;
  readonly services: (world: ScaleWorld) => readonly string[];
  readonly perSecond: number;
}

export interface Scene {
  readonly services: number;
  readonly endpointsPerService: number;
  /** Every so many-th service is called. */
  readonly callEvery: number;
  readonly churns: readonly Churn[];
}

export interface SceneRows {
  readonly phases: readonly ScaleRow[];
  /** How the requests went over all phases of traffic. */
  readonly requests: ScaleRow;
}

const usedOf = ({ names }: ScaleWorld, callEvery: number): readonly string[] =>
  names.filter((_, i) => i % callEvery === 0);

export const WIDE: Scene = {
  services: 500,
  endpointsPerService: 10,
  callEvery: 10,
  churns: [
    { what: '20 registrations/s anywhere', services: ({ names }) => names, perSecond: 20 },
    { what: '20 registrations/s in what is used', services: (world) => usedOf(world, 10), perSecond: 20 },
  ],
};

export const DEEP: Scene = {
  services: 1,
  endpointsPerService: 5_000,
  callEvery: 1,
  churns: [{ what: '3 registrations/s in it', services: ({ names }) => names, perSecond: 3 }],
};

/** For the memory of 5,000 endpoints to stand beside. */
export const NARROW: Scene = { ...DEEP, endpointsPerService: 10 };

const REQUESTS_PER_SECOND = 200;
const REST_MS = 3_000;

export async function measureScene(
  scope: Scope,
  scene: Scene,
  { main, seconds }: { readonly main: string; readonly seconds: number },
): Promise<SceneRows> {
  const { services, endpointsPerService, callEvery, churns } = scene;
  const consul = await startConsulAgent(scope);
  const sample = await startSampleProcess('sample', 'sample-1');
  scope.after(() => sample.kill());
  const world = new ScaleWorld(consul, { services, endpointsPerService, port: sample.port, checked: true });
  await world.register();
  const relay = await startByteRelay(scope, consul.address);
  const ambassador = await startAmbassador(scope, {
    consul: relay.address,
    config: { accessLog: { enabled: false } },
    main,
  });
  await ambassador.untilReady();

  const rows: ScaleRow[] = [];
  const of = services === 1 ? 'one service' : `${counted(services)} services`;
  const part = `One ambassador: ${of} of ${counted(endpointsPerService)} endpoints`;
  const phase = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const before = await ambassadorFigures(ambassador, relay);
    await work();
    rows.push({ part, what, figures: figuresBetween(before, await ambassadorFigures(ambassador, relay)) });
  };
  const used = usedOf(world, callEvery);
  await pause(REST_MS);
  await phase('at rest, no service called yet', () => pause(seconds * 1_000));
  const load = startLoad(scope, {
    url: used.map((name) => `${ambassador.url}/${name}/`),
    perSecond: REQUESTS_PER_SECOND,
  });
  await phase('the first seconds of traffic', () => pause(REST_MS));
  await phase(`${REQUESTS_PER_SECOND} requests/s`, () => pause(seconds * 1_000));
  for (const { what, services: churned, perSecond } of churns) {
    await phase(`${REQUESTS_PER_SECOND} requests/s, ${what}`, () =>
      world.churn(churned(world), { perSecond, seconds, random: seededRandom(9) }),
    );
  }
  const { sent, failed, latencies } = await load.stop();
  return {
    phases: rows,
    requests: {
      part: 'One ambassador: the requests meanwhile',
      what: `${of} of ${counted(endpointsPerService)} endpoints`,
      figures: [
        { name: 'sent', value: sent },
        { name: 'failed', value: failed.length },
        { name: 'p50, ms', value: percentile(latencies, 0.5) },
        { name: 'p99, ms', value: percentile(latencies, 0.99) },
      ],
    },
  };
}

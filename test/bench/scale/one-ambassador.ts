// One real ambassador, compiled, before a real Consul: a wide registry with much in use, and one very large service;
// each at rest, under traffic, and while registrations keep changing.

import { join } from 'node:path';
import { startSampleProcess } from '../../../src/demo/sample-process.ts';
import { pause } from '../../../src/demo/wait.ts';
import { startAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import type { ConsulAgent } from '../../support/consul-agent.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import type { Load, LoadResult } from '../../support/load.ts';
import { percentile, startLoad } from '../../support/load.ts';
import { ScaleWorld } from '../../support/scale-world.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { ambassadorFigures, figuresBetween } from './ambassador-figures.ts';
import { startByteRelay } from './byte-relay.ts';
import type { ScaleFigure, ScaleRow } from './row.ts';
import { counted } from './row.ts';
import { monotonicNow, TURN_PROBE, turnFigures } from './turn-figures.ts';

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
  /** Five further services of ten endpoints are called, half of the requests, in which nothing changes. */
  readonly others?: boolean;
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
  others: true,
};

/** The same with tables of common sizes, to stand beside it. */
export const MIDDLE: Scene = { ...DEEP, endpointsPerService: 500 };
export const NARROW: Scene = { ...DEEP, endpointsPerService: 10 };

const OTHERS = 5;
const OTHERS_ENDPOINTS = 10;

const REQUESTS_PER_SECOND = 200;
const REST_MS = 3_000;
/** As long as it takes until what the probe saw stands in its file. */
const PROBE_MS = 300;

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
  const others = await registerOthers(consul, sample.port, scene);
  const relay = await startByteRelay(scope, consul.address);
  const turns = join(temporaryFolder(), 'turns.jsonl');
  const ambassador = await startAmbassador(scope, {
    consul: relay.address,
    config: { accessLog: { enabled: false } },
    main,
    preload: `${TURN_PROBE}?file=${turns}`,
  });
  await ambassador.untilReady();

  const rows: ScaleRow[] = [];
  const of = services === 1 ? 'one service' : `${counted(services)} services`;
  const part = `One ambassador: ${of} of ${counted(endpointsPerService)} endpoints`;
  const urls = (names: readonly string[]): readonly string[] =>
    names.map((name) => `${ambassador.url}/${name}/`);
  const phase = async (what: string, work: () => Promise<unknown>, perSecond = REQUESTS_PER_SECOND) => {
    const before = await ambassadorFigures(ambassador, relay);
    // The page of metrics is a piece of its own.
    await pause(PROBE_MS);
    const from = monotonicNow();
    const [load, beside] = perSecond === 0 ? [] : loads(perSecond);
    await work();
    const results = { used: await load?.stop(), others: await beside?.stop() };
    await pause(PROBE_MS);
    const turned = turnFigures(turns, from, monotonicNow());
    const figures = figuresBetween(before, await ambassadorFigures(ambassador, relay));
    rows.push({
      part,
      what,
      figures: [
        ...figures,
        ...turned,
        ...p99Figure('requests p99, ms', results.used),
        ...p99Figure("other services' p99, ms", results.others),
      ],
    });
    for (const result of [results.used, results.others]) if (result !== undefined) all.push(result);
  };
  const all: LoadResult[] = [];
  const used = usedOf(world, callEvery);
  const loads = (perSecond: number): readonly Load[] => {
    if (others.length === 0) return [startLoad(scope, { url: urls(used), perSecond })];
    return [urls(used), urls(others)].map((url) => startLoad(scope, { url, perSecond: perSecond / 2 }));
  };
  await pause(REST_MS);
  await phase('at rest, no service called yet', () => pause(seconds * 1_000), 0);
  await phase('the first seconds of traffic', () => pause(REST_MS));
  await phase(`${REQUESTS_PER_SECOND} requests/s`, () => pause(seconds * 1_000));
  for (const { what, services: churned, perSecond } of churns) {
    await phase(`${REQUESTS_PER_SECOND} requests/s, ${what}`, () =>
      world.churn(churned(world), { perSecond, seconds, random: seededRandom(9) }),
    );
  }
  const latencies = all.flatMap((result) => result.latencies).sort((a, b) => a - b);
  return {
    phases: rows,
    requests: {
      part: 'One ambassador: the requests meanwhile',
      what: `${of} of ${counted(endpointsPerService)} endpoints`,
      figures: [
        { name: 'sent', value: all.reduce((sum, { sent }) => sum + sent, 0) },
        { name: 'failed', value: all.reduce((sum, { failed }) => sum + failed.length, 0) },
        { name: 'p50, ms', value: percentile(latencies, 0.5) },
        { name: 'p99, ms', value: percentile(latencies, 0.99) },
      ],
    },
  };
}

async function registerOthers(consul: ConsulAgent, port: number, scene: Scene): Promise<readonly string[]> {
  if (scene.others !== true) return [];
  const options = {
    services: OTHERS,
    endpointsPerService: OTHERS_ENDPOINTS,
    port,
    checked: true,
    prefix: 'other',
  };
  const world = new ScaleWorld(consul, options);
  await world.register();
  return world.names;
}

function p99Figure(name: string, result: LoadResult | undefined): readonly ScaleFigure[] {
  return result === undefined ? [] : [{ name, value: percentile(result.latencies, 0.99) }];
}

// A large registry that never rests: 500 services of 10 endpoints in a real Consul, 50 of them in use, and 20
// registrations a second for half a minute. Prints what following it costs the ambassador.
// Run with: npm run bench:scale

import { startSampleProcess } from '../../src/demo/sample-process.ts';
import { pause } from '../../src/demo/wait.ts';
import type { AmbassadorProcess } from '../support/ambassador-process.ts';
import { startAmbassador } from '../support/ambassador-process.ts';
import { startConsulAgent } from '../support/consul-agent.ts';
import { percentile, startLoad } from '../support/load.ts';
import { ScaleWorld } from '../support/scale-world.ts';
import { seededRandom } from '../support/seeded-random.ts';

const SERVICES = 500;
const ENDPOINTS = 10;
const IN_USE = 50;
const REQUESTS_PER_SECOND = 200;
const CHURN_PER_SECOND = 20;
const SECONDS = 30;

interface Figures {
  readonly cpuSeconds: number;
  readonly queries: number;
  readonly healthQueries: number;
  /** Since the figures were taken before; Node.js counts its own interval of 10 ms in. */
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly rssMiB: number;
}

async function figures(ambassador: AmbassadorProcess): Promise<Figures> {
  // One page for all: each scrape begins the event loop's figures anew.
  const page = await ambassador.metrics();
  const sum = (pattern: RegExp): number =>
    page
      .split('\n')
      .filter((line) => pattern.test(line))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  return {
    cpuSeconds: sum(/^process_cpu_seconds_total /),
    queries: sum(/^ambassador_consul_queries_total\{/),
    healthQueries: sum(/^ambassador_consul_queries_total\{kind="health"/),
    lagP99Ms: sum(/^nodejs_eventloop_lag_p99_seconds /) * 1_000,
    lagMaxMs: sum(/^nodejs_eventloop_lag_max_seconds /) * 1_000,
    rssMiB: sum(/^process_resident_memory_bytes /) / 1024 ** 2,
  };
}

function print(phase: string, before: Figures, after: Figures, seconds: number): void {
  const rate = (read: (figures: Figures) => number): string =>
    ((read(after) - read(before)) / seconds).toFixed(1);
  console.log(
    `${phase.padEnd(18)} event-loop lag p99 ${after.lagP99Ms.toFixed(1)} ms, max ${after.lagMaxMs.toFixed(1)} ms; ` +
      `Consul queries/s ${rate(({ queries }) => queries)} (health ${rate(({ healthQueries }) => healthQueries)}); ` +
      `CPU ${(Number(rate(({ cpuSeconds }) => cpuSeconds * 100))).toFixed(0)} %; RSS ${after.rssMiB.toFixed(0)} MiB`,
  );
}

const ending: (() => unknown)[] = [];
const scope = { after: (end: () => unknown) => void ending.unshift(end) };

const consul = await startConsulAgent(scope);
const sample = await startSampleProcess('sample', 'sample-1');
scope.after(() => sample.kill());
const world = new ScaleWorld(consul, {
  services: SERVICES,
  endpointsPerService: ENDPOINTS,
  port: sample.port,
});
await world.register();
console.log(
  `${SERVICES} services of ${ENDPOINTS} endpoints, ${IN_USE} in use at ${REQUESTS_PER_SECOND} requests/s`,
);

const ambassador = await startAmbassador(scope, {
  consul: consul.address,
  config: { accessLog: { enabled: false } },
});
await ambassador.untilReady();
const started = await figures(ambassador);
await pause(3_000);
const idle = await figures(ambassador);
print('idle', started, idle, 3);

const used = world.names.filter((_, i) => i % (SERVICES / IN_USE) === 0);
const load = startLoad(scope, {
  url: used.map((name) => `${ambassador.url}/${name}/`),
  perSecond: REQUESTS_PER_SECOND,
});
await pause(3_000);
const opened = await figures(ambassador);
print('first requests', idle, opened, 3);
await pause(10_000);
const quiet = await figures(ambassador);
print('traffic', opened, quiet, 10);

for (const [phase, churned] of [
  ['churn anywhere', world.names],
  ['churn of those used', used],
] as const) {
  const before = await figures(ambassador);
  await world.churn(churned, { perSecond: CHURN_PER_SECOND, seconds: SECONDS, random: seededRandom(9) });
  print(phase, before, await figures(ambassador), SECONDS);
}

const { sent, failed, latencies } = await load.stop();
console.log(
  `${sent} requests, ${failed.length} failed; latency p50 ${percentile(latencies, 0.5).toFixed(1)} ms, ` +
    `p99 ${percentile(latencies, 0.99).toFixed(1)} ms`,
);
for (const end of ending) await end();

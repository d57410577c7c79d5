// What each feature costs a request when it is on: ambassadors that differ in one thing, measured in turn, round after
// round, each on the same core.
// Run with: npm run bench:features

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../src/core/errors.ts';
import { pause } from '../../../src/demo/wait.ts';
import { temporaryFolder } from '../../support/ambassador-process.ts';
import { findProgram } from '../../support/find-program.ts';
import { compileAmbassador } from '../compile-ambassador.ts';
import { inTurn } from '../in-turn.ts';
import { loadAverage, thisMachine } from '../machine.ts';
import { saturate, warmUp } from '../measure.ts';
import { withFixedEndpoints } from '../peers/ambassador.ts';
import type { Peer } from '../peers/peer.ts';
import { pinHere } from '../pinning.ts';
import { cpuMicroseconds } from '../process-figures.ts';
import { SHAPES } from '../shapes.ts';
import { startPeers } from '../start-peers.ts';
import { startUpstream } from '../upstream.ts';
import type { Feature } from './feature.ts';
import type { FeatureOptions } from './features-options.ts';
import { FEATURES_USAGE, parseFeatureOptions } from './features-options.ts';
import type { FeatureFigures, FeatureResults } from './features-report.ts';
import { featuresReport } from './features-report.ts';

const [SMALL] = SHAPES;
/** Long enough for hundredths of a second to tell, and for what the load left to be swept before. */
const IDLE_SECONDS = 5;

const asPeer = (feature: Feature): Peer => ({
  name: feature.name,
  note: feature.note,
  find: () => ({ version: 'this tree' }),
  prepare: async (job) => {
    const { top = {}, service = {} } = await feature.configure(job);
    return withFixedEndpoints(job, top, service);
  },
});

async function run({ features, rounds, seconds, json, markdown }: FeatureOptions): Promise<void> {
  if (SMALL === undefined) throw new Error('there is no shape to measure with');
  const ending: (() => unknown)[] = [];
  const after = (end: () => unknown): void => void ending.unshift(end);
  const folder = temporaryFolder();
  const compiled = join(folder, 'compiled');
  mkdirSync(compiled);
  const ambassadorMain = compileAmbassador(compiled);
  const before = loadAverage();
  const pinning = pinHere();
  try {
    const upstream = await startUpstream(folder);
    after(() => upstream.stop());
    const job = { endpoints: upstream.ports, folder, ambassadorMain, after };
    const { running, missing } = await startPeers(features.map(asPeer), job, pinning);
    if (missing.length > 0) throw new Error(`not started: ${missing.join('; ')}`);
    const measuring = { wrk: findProgram('wrk'), folder };
    const figures = new Map<string, FeatureFigures[]>(running.map(({ name }) => [name, []]));
    for (const { target } of running) await warmUp(target, SMALL, seconds.warmUp, measuring);
    const idleCores = await coresOf(running.map(({ target }) => target.pid ?? 0));
    for (let round = 1; round <= rounds; round++) {
      for (const { name, target } of inTurn(running, round)) {
        const { cpu, answered, failed, rssMiB } = await saturate(
          target,
          SMALL,
          seconds.saturation,
          measuring,
        );
        const taken = { cpuMicroseconds: cpu / answered, rssMiB, failed };
        figures.get(name)?.push(taken);
        process.stderr.write(
          `${round}/${rounds} ${name}: ${taken.cpuMicroseconds.toFixed(1)} µs, ${failed} failed\n`,
        );
      }
    }
    const results: FeatureResults = {
      date: new Date().toISOString().slice(0, 16).replace('T', ' '),
      machine: thisMachine(),
      pinning: pinning.description,
      loadAverageBefore: before,
      rounds,
      idleCores,
      shape: SMALL.title,
      features: running.map(({ name, note, rssAtRestMiB }) => ({
        name,
        note,
        rssAtRestMiB,
        rounds: figures.get(name) ?? [],
      })),
    };
    const report = featuresReport(results);
    console.log(report);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
    if (markdown !== undefined) writeFileSync(markdown, report);
  } finally {
    for (const end of ending) await end();
  }
}

/** What they use together while nobody calls them. */
async function coresOf(pids: readonly number[]): Promise<number> {
  const used = (): number => pids.reduce((sum, pid) => sum + cpuMicroseconds(pid), 0);
  await pause(IDLE_SECONDS * 1_000);
  const before = used();
  await pause(IDLE_SECONDS * 1_000);
  return (used() - before) / 1e6 / IDLE_SECONDS;
}

let options: FeatureOptions | undefined;
try {
  options = parseFeatureOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${messageOf(error)}\n\n${FEATURES_USAGE}`);
  process.exitCode = 64;
}
if (options !== undefined) await run(options);

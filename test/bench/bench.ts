// What a request through the ambassador costs, beside every other proxy of this machine: each does the same job, pinned
// the same way, in turn, round after round.
// Run with: npm run bench

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/core/errors.ts';
import { temporaryFolder } from '../support/ambassador-process.ts';
import { findProgram } from '../support/find-program.ts';
import type { BenchOptions } from './bench-options.ts';
import { BENCH_USAGE, parseBenchOptions } from './bench-options.ts';
import { compileAmbassador } from './compile-ambassador.ts';
import { inTurn } from './in-turn.ts';
import { loadAverage, thisMachine } from './machine.ts';
import { judge } from './marks.ts';
import type { Target } from './measure.ts';
import { measure, REQUESTS_PER_SECOND, warmUp } from './measure.ts';
import { PEERS } from './peers/registry.ts';
import { pinHere } from './pinning.ts';
import { reportOf } from './report.ts';
import type { BenchResults, RoundFigures, ShapeResults } from './results.ts';
import { DIRECT } from './results.ts';
import type { Shape } from './shapes.ts';
import { startPeers } from './start-peers.ts';
import { startUpstream } from './upstream.ts';

/** Progress goes there, so that what is printed is the report alone. */
const progress = (line: string): boolean => process.stderr.write(`${line}\n`);

async function run(options: BenchOptions): Promise<void> {
  const ending: (() => unknown)[] = [];
  const after = (end: () => unknown): void => void ending.unshift(end);
  const loadAverageBefore = loadAverage();
  const folder = temporaryFolder();
  const compiled = join(folder, 'compiled');
  mkdirSync(compiled);
  const ambassadorMain = compileAmbassador(compiled);
  const pinning = pinHere();
  progress(`pinning: ${pinning.description}`);
  try {
    const upstream = await startUpstream(folder);
    after(() => upstream.stop());
    const wanted = PEERS.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
    const job = { endpoints: upstream.ports, folder, ambassadorMain, after };
    const { running, missing } = await startPeers(wanted, job, pinning);
    for (const line of missing) progress(`not measured: ${line}`);
    const direct: Target = { port: upstream.ports[0] ?? 0, prefix: '', pid: undefined };
    const targets = new Map([
      [DIRECT, direct],
      ...running.map(({ name, target }) => [name, target] as const),
    ]);

    const wrk = findProgram('wrk');
    const shapes: ShapeResults[] = [];
    for (const shape of options.shapes) {
      shapes.push(await measureShape(targets, shape, options, { wrk, folder }));
    }
    const peers = running.map(({ target: _, ...peer }) => peer);
    const results: BenchResults = {
      date: new Date().toISOString().slice(0, 16).replace('T', ' '),
      machine: thisMachine(),
      pinning: pinning.description,
      upstream: `${upstream.description}, ${upstream.ports.length} endpoints`,
      load: `${wrk === undefined ? 'a generator of our own (wrk is not on this machine)' : 'wrk'} to saturate, an open-loop generator at ${REQUESTS_PER_SECOND} requests/s; ${options.rounds} rounds in turn, medians`,
      requestsPerSecond: REQUESTS_PER_SECOND,
      loadAverageBefore,
      peers,
      missing,
      shapes,
      marks: judge({ shapes, peers }),
    };
    const report = reportOf(results);
    console.log(report);
    if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
    if (options.markdown !== undefined) writeFileSync(options.markdown, report);
  } finally {
    for (const end of ending) await end();
  }
}

async function measureShape(
  targets: ReadonlyMap<string, Target>,
  shape: Shape,
  { rounds, dryRounds, seconds }: BenchOptions,
  measuring: Parameters<typeof measure>[3],
): Promise<ShapeResults> {
  const figures: Record<string, RoundFigures[]> = {};
  for (const target of targets.values()) await warmUp(target, shape, seconds.warmUp, measuring);
  for (let round = 1 - dryRounds; round <= rounds; round++) {
    for (const [name, target] of inTurn([...targets], round + dryRounds)) {
      const taken = await measure(target, shape, seconds, measuring);
      if (round > 0) figures[name] = [...(figures[name] ?? []), taken];
      const cpu = taken.cpuMicroseconds?.toFixed(1) ?? '–';
      progress(
        `${shape.name} ${round}/${rounds} ${name}: ${cpu} µs, ${taken.requestsPerSecond.toFixed(0)} requests/s, ` +
          `p50 ${taken.latency.p50.toFixed(2)} ms, p99 ${taken.latency.p99.toFixed(2)} ms, ${taken.failed} failed`,
      );
    }
  }
  return { name: shape.name, title: shape.title, rounds: figures };
}

let options: BenchOptions | undefined;
try {
  options = parseBenchOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${messageOf(error)}\n\n${BENCH_USAGE}`);
  process.exitCode = 64;
}
if (options !== undefined) await run(options);

// What the ambassador takes at rest with fifty services, and as long as it is saturated: memory must stay flat.
// Run with: npm run bench:soak -- [minutes, default 10]

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../../../src/demo/free-ports.ts';
import { pause } from '../../../src/demo/wait.ts';
import { temporaryFolder } from '../../support/ambassador-process.ts';
import { findProgram } from '../../support/find-program.ts';
import { BenchProcess } from '../bench-process.ts';
import { compileAmbassador } from '../compile-ambassador.ts';
import { thisMachine } from '../machine.ts';
import { saturate } from '../measure.ts';
import { pinHere } from '../pinning.ts';
import { residentMiB } from '../process-figures.ts';
import { SHAPES } from '../shapes.ts';
import { startUpstream } from '../upstream.ts';
import type { MemorySample } from './steadiness.ts';
import { FLAT, judgeFlatness, secondHalf, slopeOf } from './steadiness.ts';

const SERVICES = 50;
/** How long the process is left alone before it is at rest. */
const REST_MS = 5_000;
const SLICE_SECONDS = 10;

/** The marks, in MB. */
const MOST_AT_REST = 75;
const MOST_UNDER_LOAD = 100;
/** The first minute is kept apart from the rest. */
const FEWEST_MINUTES = 1;

const inMb = (mib: number): number => mib * 1.048576;

async function run(minutes: number): Promise<void> {
  const [shape] = SHAPES;
  if (shape === undefined) throw new Error('there is no shape to measure with');
  const folder = temporaryFolder();
  const compiled = join(folder, 'compiled');
  mkdirSync(compiled);
  const ambassadorMain = compileAmbassador(compiled);
  const pinning = pinHere();
  const upstream = await startUpstream(folder);
  const [port = 0, admin = 0] = await freePorts(2);
  const discover = { endpoints: upstream.ports.map((at) => `127.0.0.1:${at}`) };
  const names = Array.from({ length: SERVICES }, (_, i) => `service-${i + 1}`);
  const file = join(folder, 'ambassador.json');
  writeFileSync(
    file,
    JSON.stringify({
      listen: `127.0.0.1:${port}`,
      admin: { listen: `127.0.0.1:${admin}` },
      accessLog: { sample: 0.01 },
      discovery: { services: 'declared' },
      services: Object.fromEntries(names.map((name) => [name, { discover }])),
    }),
  );
  const program = pinning.onProxyCore({
    program: process.execPath,
    args: [ambassadorMain, 'run', '-c', file],
  });
  const ambassador = BenchProcess.start(program, join(folder, 'ambassador.log'));
  try {
    await ambassador.untilAnswering(`http://127.0.0.1:${port}/service-1/small`);
    await pause(REST_MS);
    const { pid } = ambassador;
    const atRest = residentMiB(pid);
    const { processor, cores, system, node } = thisMachine();
    console.log(`${processor}, ${cores} cores, ${system}; Node.js ${node}; ${pinning.description}`);
    console.log(`at rest with ${SERVICES} services: ${describe(atRest)}`);

    const measuring = { wrk: findProgram('wrk'), folder };
    const target = { port, prefix: '/service-1', pid };
    const samples: MemorySample[] = [];
    let failed = 0;
    for (let seconds = SLICE_SECONDS; seconds <= minutes * 60; seconds += SLICE_SECONDS) {
      const slice = await saturate(target, shape, SLICE_SECONDS, measuring);
      failed += slice.failed;
      samples.push({ seconds, rssMiB: slice.rssMiB });
      const cpu = (slice.cpu / slice.answered).toFixed(1);
      const perSecond = (slice.answered / slice.seconds).toFixed(0);
      process.stderr.write(
        `${seconds} s: ${describe(slice.rssMiB)}, ${cpu} µs/request, ${perSecond} requests/s\n`,
      );
    }
    const most = Math.max(...samples.map(({ rssMiB }) => rssMiB));
    const half = secondHalf(samples);
    const slope = slopeOf(half);
    console.log(`after the first minute: ${describe(samples[5]?.rssMiB ?? most)}`);
    console.log(
      `at the end of ${minutes} minutes: ${describe(samples.at(-1)?.rssMiB ?? most)}; most: ${describe(most)}`,
    );
    console.log(
      `slope of the second half: ${slope.perMinute.toFixed(2)} ± ${(2 * slope.error).toFixed(2)} MiB/min; ${failed} requests failed`,
    );
    console.log(verdict(`at most ${MOST_AT_REST} MB at rest`, inMb(atRest) <= MOST_AT_REST));
    console.log(verdict(`at most ${MOST_UNDER_LOAD} MB while saturated`, inMb(most) <= MOST_UNDER_LOAD));
    console.log(
      `flat: within ${FLAT} MiB/min, up or down, in the second half, beyond twice the error: ${judgeFlatness(half)}`,
    );
  } finally {
    await ambassador.stop();
    await upstream.stop();
  }
}

function describe(mib: number): string {
  return `${mib.toFixed(0)} MiB (${inMb(mib).toFixed(0)} MB)`;
}

function verdict(mark: string, met: boolean): string {
  return `${mark}: ${met ? 'met' : 'missed'}`;
}

const minutes = Number(process.argv[2] ?? 10);
if (Number.isFinite(minutes) && minutes >= FEWEST_MINUTES) await run(minutes);
else {
  console.error('npm run bench:soak -- [minutes, at least 1, default 10]');
  process.exitCode = 64;
}

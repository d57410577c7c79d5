// What a large and restless registry costs: each request, one ambassador, and a Consul with many of them.
// Run with: npm run bench:scale

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/core/errors.ts';
import { findConsul } from '../../src/demo/consul-binary.ts';
import { temporaryFolder } from '../support/ambassador-process.ts';
import { compileAmbassador } from './compile-ambassador.ts';
import { loadAverage, thisMachine } from './machine.ts';
import { inProcess } from './scale/in-process.ts';
import { measureMany } from './scale/many-ambassadors.ts';
import { DEEP, MIDDLE, measureScene, NARROW, WIDE } from './scale/one-ambassador.ts';
import type { ScaleRow } from './scale/row.ts';
import type { PartName, ScaleOptions } from './scale/scale-options.ts';
import { parseScaleOptions, SCALE_USAGE } from './scale/scale-options.ts';
import type { ScaleResults } from './scale/scale-report.ts';
import { scaleReport } from './scale/scale-report.ts';

/** How each part is measured; they run in turn, so that none disturbs another. */
const MEASURES = {
  'in-process': ({ quick }) => inProcess(quick),
  one: measureOne,
  many: measureManyInTurn,
} as const satisfies Record<PartName, (options: ScaleOptions) => Promise<readonly ScaleRow[]>>;

/** Progress goes there, so that what is printed is the report alone. */
const progress = (line: string): boolean => process.stderr.write(`${line}\n`);

async function measureOne({ quick }: ScaleOptions): Promise<readonly ScaleRow[]> {
  const folder = join(temporaryFolder(), 'compiled');
  mkdirSync(folder);
  const main = compileAmbassador(folder);
  const phases: ScaleRow[] = [];
  const requests: ScaleRow[] = [];
  for (const scene of [WIDE, NARROW, MIDDLE, DEEP]) {
    progress(`${scene.services} × ${scene.endpointsPerService}`);
    const rows = await inScope((scope) => measureScene(scope, scene, { main, seconds: quick ? 3 : 10 }));
    phases.push(...rows.phases);
    requests.push(rows.requests);
  }
  return [...phases, ...requests];
}

async function measureManyInTurn({ quick, ambassadors }: ScaleOptions): Promise<readonly ScaleRow[]> {
  const rows: ScaleRow[] = [];
  for (const watchesNames of [true, false]) {
    const many = { ambassadors, watchesNames, seconds: quick ? 4 : 15 };
    progress(`${ambassadors} ambassadors, names ${watchesNames ? 'watched' : 'not watched'}`);
    rows.push(...(await inScope((scope) => measureMany(scope, many))));
  }
  return rows;
}

/** What was started last ends first. */
async function inScope<T>(work: (scope: Parameters<typeof measureScene>[0]) => Promise<T>): Promise<T> {
  const ending: (() => unknown)[] = [];
  try {
    return await work({ after: (end) => void ending.unshift(end) });
  } finally {
    for (const end of ending) await end();
  }
}

async function run(options: ScaleOptions): Promise<void> {
  const loadAverageBefore = loadAverage();
  const { version } = await findConsul({ log: progress });
  const rows: ScaleRow[] = [];
  for (const part of options.parts) {
    progress(`part ${part}`);
    rows.push(...(await MEASURES[part](options)));
  }
  const results: ScaleResults = {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    machine: thisMachine(),
    consul: version,
    loadAverageBefore,
    rows,
    notes: [],
  };
  const report = scaleReport(results);
  console.log(report);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  if (options.markdown !== undefined) writeFileSync(options.markdown, report);
}

let options: ScaleOptions | undefined;
try {
  options = parseScaleOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${messageOf(error)}\n\n${SCALE_USAGE}`);
  process.exitCode = 64;
}
if (options !== undefined) await run(options);

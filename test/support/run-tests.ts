// What `npm test` runs: makes sure of a real Consul, leaves out what cannot run on this machine with a line that says why, and
// hands the other test files to Node's own runner, each within a bound.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/core/errors.ts';
import { findConsul } from '../../src/demo/consul-binary.ts';
import { fileBoundMs } from './file-bound.ts';
import { killOverdueFiles } from './overdue-files.ts';
import type { Skipped } from './prerequisites.ts';
import { sortByPrerequisites } from './prerequisites.ts';

const SUITES = {
  unit: 'test/unit/**/*.test.ts',
  integration: 'test/integration/**/*.test.ts',
} as const;

/** A file's process is given this long to end by itself at its bound before it is killed. */
const GRACE_MS = 15_000;

/**
 * What one process has compiled, the hundreds that the tests start need not compile again: Node.js compares the content. Where
 * coverage is counted it is not, since V8 counts less of what comes from there.
 */
const COMPILED = resolve('node_modules/.cache/compiled');

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const TOGETHER = ['--test-isolation=none'];

/** Two files at a time: timing in integration tests stays honest on a machine of two cores. */
const ISOLATED = ['--test-concurrency=2'];

const COVERAGE = [
  '--experimental-test-coverage',
  '--test-coverage-include=src/**/*.ts',
  '--test-coverage-lines=90',
  '--test-coverage-branches=85',
  '--test-coverage-functions=85',
];

/** @returns the exit code */
async function runTests(): Promise<number> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { coverage: { type: 'boolean', default: false } },
  });
  const unknown = positionals.filter((name) => !(name in SUITES));
  if (unknown.length > 0) {
    console.error(`no such suite: ${unknown.join(', ')} (there are: ${Object.keys(SUITES).join(', ')})`);
    return 64;
  }
  const patterns = Object.entries(SUITES).flatMap(([name, pattern]) =>
    positionals.length === 0 || positionals.includes(name) ? [pattern] : [],
  );
  if (patterns.includes(SUITES.integration)) {
    try {
      // The test files run side by side and would otherwise all wait for the first that fetches it.
      await findConsul({ log: (line) => console.log(line) });
    } catch (error) {
      console.error(messageOf(error));
      return 1;
    }
  }
  const { runnable, skipped } = await sortByPrerequisites(globSync(patterns).sort());
  reportSkipped(skipped);
  if (!values.coverage) process.env['NODE_COMPILE_CACHE'] ??= COMPILED;
  const code = values.coverage ? await run(runnable, [...ISOLATED, ...COVERAGE]) : await runSuites(runnable);
  // Once more below thousands of lines, where it is seen.
  reportSkipped(skipped);
  return code;
}

function reportSkipped(skipped: readonly Skipped[]): void {
  for (const { reason, files } of skipped) {
    console.log(`SKIPPED ${files.length} test ${files.length === 1 ? 'file' : 'files'}: ${reason}`);
  }
}

/** By a signal: nothing more begins. */
let stopped = false;

/** Unit tests share one process: to start one for each file takes four times as long as they do. */
async function runSuites(files: readonly string[]): Promise<number> {
  const unit = new Set(globSync(SUITES.unit));
  const codes: number[] = [];
  const parts = [
    { files: files.filter((file) => unit.has(file)), options: TOGETHER },
    { files: files.filter((file) => !unit.has(file)), options: ISOLATED },
  ];
  for (const part of parts) {
    if (part.files.length > 0 && !stopped) codes.push(await run(part.files, part.options));
  }
  return Math.max(...codes, 0);
}

async function run(files: readonly string[], options: readonly string[]): Promise<number> {
  const runner = spawn(
    process.execPath,
    [
      `--import=${import.meta.resolve('./file-bound.ts')}`,
      '--test',
      '--test-reporter=spec',
      '--test-timeout=60000',
      ...options,
      ...files,
    ],
    { stdio: 'inherit' },
  );
  // Without processes of their own, all files have the bound of one.
  const parent = options === TOGETHER ? process.pid : (runner.pid ?? 0);
  const unwatch = killOverdueFiles(parent, fileBoundMs() + GRACE_MS, (line) => console.error(line));
  const stop = (signal: NodeJS.Signals): void => {
    stopped = true;
    runner.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const [exitCode, signal] = (await once(runner, 'exit')) as [number | null, NodeJS.Signals | null];
  for (const name of SIGNALS) process.off(name, stop);
  unwatch();
  if (signal !== null) console.error(`the test runner was ended by ${signal}`);
  return exitCode ?? 1;
}

process.exitCode = await runTests();

// What `npm test` runs: makes sure of a real Consul first, then hands the test files to Node's own runner.

import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/core/errors.ts';
import { findConsul } from '../../src/demo/consul-binary.ts';

const SUITES = {
  unit: 'test/unit/**/*.test.ts',
  integration: 'test/integration/**/*.test.ts',
} as const;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { coverage: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !(name in SUITES));
if (unknown.length > 0) {
  console.error(`no such suite: ${unknown.join(', ')} (there are: ${Object.keys(SUITES).join(', ')})`);
  process.exit(64);
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
    process.exit(1);
  }
}

const coverage = [
  '--experimental-test-coverage',
  '--test-coverage-include=src/**/*.ts',
  '--test-coverage-lines=90',
  '--test-coverage-branches=85',
  '--test-coverage-functions=85',
];
const child = spawn(
  process.execPath,
  [
    '--test',
    '--test-reporter=spec',
    // Two files at a time: timing in integration tests stays honest on a machine of two cores.
    '--test-concurrency=2',
    '--test-timeout=60000',
    ...(values.coverage ? coverage : []),
    ...patterns,
  ],
  { stdio: 'inherit' },
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => {
  process.exitCode = code ?? 1;
  if (signal !== null) console.error(`the test runner was ended by ${signal}`);
});

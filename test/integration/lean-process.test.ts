import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { usersEnvironment } from '../../src/cli/lean-process.ts';

const PROBE = fileURLToPath(new URL('../support/lean-probe.ts', import.meta.url));

function probe(execArgv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { NODE_OPTIONS: _, MALLOC_ARENA_MAX: __, ...env } = process.env;
  const child = spawnSync(process.execPath, [...execArgv, PROBE, 'run', '-c', 'a b.yaml'], {
    env: { ...env, ...environment },
    encoding: 'utf8',
  });
  assert.equal(child.stderr, '');
  return { child: child.pid, ...JSON.parse(child.stdout) };
}

test('a process that stays bounds its heap, compilers and arenas, and keeps its id and arguments', () => {
  const { child, pid, args, execArgv, arenas } = probe(['--no-deprecation']);
  assert.equal(pid, child);
  assert.deepEqual(args, ['run', '-c', 'a b.yaml']);
  assert.deepEqual(execArgv, [
    '--max-semi-space-size=8',
    '--initial-heap-size=32',
    '--heap-growing-percent=50',
    '--no-maglev',
    '--invocation-count-for-turbofan=800',
    '--no-opt',
    '--expose-gc',
    '--no-deprecation',
  ]);
  assert.equal(arenas, '1');
});

test('what runs hot is compiled by the last compiler once it is to be fast', () => {
  const probe = fileURLToPath(new URL('../support/compiling-probe.ts', import.meta.url));
  const child = spawnSync(process.execPath, ['--allow-natives-syntax', probe], { encoding: 'utf8' });
  assert.equal(child.stderr, '');
  assert.deepEqual(JSON.parse(child.stdout), { before: false, afterwards: true });
});

test('a size that the user chose stands', () => {
  assert.deepEqual(probe(['--max-semi-space-size=32']).execArgv, ['--max-semi-space-size=32']);
  assert.deepEqual(probe([], { NODE_OPTIONS: '--max-semi-space-size=8' }).execArgv, []);
  assert.equal(probe([], { MALLOC_ARENA_MAX: '3' }).arenas, '3');
});

test('a newer Node.js than was tried is left as it is', () => {
  assert.deepEqual(probe([], { PROBED_NODE_VERSION: '27.0.0' }).execArgv, []);
});

test('what it starts for the user has the environment that the user gave', () => {
  const started = { MALLOC_ARENA_MAX: '1', AMBASSADOR_SET_MALLOC_ARENA_MAX: '1', HOME: '/root' };
  assert.deepEqual(usersEnvironment(started), { HOME: '/root' });
  assert.deepEqual(usersEnvironment({ MALLOC_ARENA_MAX: '1' }), { MALLOC_ARENA_MAX: '1' });
});

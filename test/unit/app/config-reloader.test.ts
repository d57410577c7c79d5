import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigReloader } from '../../../src/app/config-reloader.ts';
import { diffConfigs } from '../../../src/config/diff.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import type { Config } from '../../../src/config/types.ts';
import type { ConfigRefused, ConfigReloaded } from '../../../src/core/config-events.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { observed } from '../../support/observed.ts';

const FILE = 'ambassador.yaml';
const SIGNAL = { kind: 'signal' } as const;

function setUp(text = 'drain: { timeout: 1s }') {
  const disk = { text };
  const applied: Config[] = [];
  const events: (ConfigReloaded | ConfigRefused)[] = [];
  const clock = new FakeClock(Date.UTC(2026, 10, 23, 12));
  const gate: { refusal: ConfigError | undefined; wait: Promise<void> } = {
    refusal: undefined,
    wait: Promise.resolve(),
  };
  const source = { file: FILE, text };
  const reloader = new ConfigReloader({
    config: parseConfig(source, {}),
    source,
    read: (file) => Promise.resolve({ file, text: disk.text }),
    parse: async (read, inForce) => {
      const config = parseConfig(read, {});
      return { config, changes: diffConfigs(inForce, config) };
    },
    apply: async (config) => {
      await gate.wait;
      if (gate.refusal !== undefined) throw gate.refusal;
      applied.push(config);
    },
    observer: observed({
      configReloaded: (event) => events.push(event),
      configRefused: (event) => events.push(event),
    }),
    clock,
    logger: silentLogger,
  });
  return { disk, applied, events, clock, gate, reloader };
}

test('a change is applied, told, and in force', async () => {
  const { disk, applied, events, clock, reloader } = setUp();
  disk.text = 'drain: { timeout: 2s }';
  clock.advance(5_000);
  const changes = [{ path: 'drain.timeout', before: '1s', after: '2s' }];
  assert.deepEqual(await reloader.reload(SIGNAL), { outcome: 'reloaded', changes, waitingForRestart: [] });
  assert.deepEqual(events, [{ cause: SIGNAL, changes, waitingForRestart: [] }]);
  assert.equal(reloader.inForce, applied[0]);
  assert.equal(reloader.state().loadedAt, '2026-11-23T12:00:05.000Z');
});

test('a file with mistakes leaves everything as it is, and is remembered until a good one comes', async () => {
  const { disk, applied, reloader } = setUp();
  const before = reloader.inForce;
  disk.text = 'drian: {}';
  assert.equal((await reloader.reload(SIGNAL)).outcome, 'refused');
  assert.equal(reloader.inForce, before);
  assert.deepEqual(applied, []);
  assert.deepEqual(reloader.state().refused?.problems, [
    { line: 1, column: 1, key: 'drian', message: 'unknown key; did you mean "drain"?' },
  ]);
  disk.text = 'drain: { timeout: 1s }';
  assert.equal((await reloader.reload(SIGNAL)).outcome, 'unchanged');
  assert.equal(reloader.state().refused, null);
});

test('what cannot be had refuses the file as a mistake does', async () => {
  const { disk, gate, reloader } = setUp();
  const before = reloader.inForce;
  const problem = { file: FILE, line: undefined, column: undefined, path: 'listen', message: 'in use' };
  gate.refusal = new ConfigError([problem]);
  disk.text = 'drain: { timeout: 2s }';
  assert.deepEqual(await reloader.reload(SIGNAL), { outcome: 'refused', problems: [problem] });
  assert.equal(reloader.inForce, before);
});

test('a touched file is taken once for each content, good or bad', async () => {
  const { disk, events, reloader } = setUp();
  await reloader.fileTouched();
  assert.equal(events.length, 0);
  for (const text of ['drian: {}', 'drain: { timeout: 2s }']) {
    disk.text = text;
    await reloader.fileTouched();
    await reloader.fileTouched();
  }
  assert.deepEqual(
    events.map((event) => ('problems' in event ? 'refused' : 'reloaded')),
    ['refused', 'reloaded'],
  );
});

test('a file with nothing in it is taken for one that is being written', async () => {
  const { disk, reloader } = setUp();
  disk.text = ' \n';
  assert.equal((await reloader.reload(SIGNAL)).outcome, 'refused');
  disk.text = '{}';
  assert.equal((await reloader.reload(SIGNAL)).outcome, 'reloaded');
});

test('reloads wait for each other, and the last one wins', async () => {
  const { disk, applied, gate, reloader } = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  gate.wait = promise;
  disk.text = 'drain: { timeout: 2s }';
  const first = reloader.reload(SIGNAL);
  await new Promise((done) => setImmediate(done));
  disk.text = 'drain: { timeout: 3s }';
  const second = reloader.reload(SIGNAL);
  resolve();
  const [one, two] = await Promise.all([first, second]);
  assert.deepEqual([one.outcome, two.outcome], ['reloaded', 'reloaded']);
  assert.deepEqual(
    applied.map(({ drain }) => drain.timeout),
    [2_000, 3_000],
  );
  assert.equal(reloader.inForce.drain.timeout, 3_000);
});

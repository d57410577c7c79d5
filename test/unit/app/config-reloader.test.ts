import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { ConfigReloader } from '../../../src/app/config-reloader.ts';
import { diffConfigs } from '../../../src/config/diff.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import type { Config } from '../../../src/config/types.ts';
import type { ConfigRefused, ConfigReloaded } from '../../../src/core/config-events.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { observed } from '../../support/observed.ts';

const FILE = 'ambassador.yaml';
const SIGNAL = { kind: 'signal' } as const;

interface Gate {
  refusal: ConfigError | undefined;
  wait: Promise<void>;
  parseHangs: boolean;
}

function setUp(text = 'drain: { timeout: 1s }') {
  const disk = { text };
  const applied: Config[] = [];
  const events: (ConfigReloaded | ConfigRefused)[] = [];
  const clock = new FakeClock(Date.UTC(2026, 10, 23, 12));
  const parses = { count: 0 };
  const reads = { count: 0, wait: Promise.resolve() };
  const gate: Gate = {
    refusal: undefined,
    wait: Promise.resolve(),
    parseHangs: false,
  };
  const observe = (event: ConfigReloaded | ConfigRefused) => events.push(event);
  const source = { file: FILE, text };
  const reloader = new ConfigReloader({
    config: parseConfig(source, {}),
    source,
    read: async (file) => {
      reads.count++;
      await reads.wait;
      return { file, text: disk.text };
    },
    parse: async (read, inForce, signal) => {
      parses.count++;
      if (gate.parseHangs) await once(signal, 'abort').then(() => signal.throwIfAborted());
      const config = parseConfig(read, {});
      return { config, changes: diffConfigs(inForce, config) };
    },
    apply: async (config) => {
      await gate.wait;
      if (gate.refusal !== undefined) throw gate.refusal;
      applied.push(config);
    },
    observer: observed({ configReloaded: observe, configRefused: observe }),
    clock,
    logger: silentLogger,
  });
  return { disk, applied, events, clock, gate, parses, reads, reloader };
}

test('a change is applied, reported, and in force', async () => {
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
    { file: FILE, line: 1, column: 1, key: 'drian', message: 'unknown key; did you mean "drain"?' },
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
  await settle();
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

test('a burst is two reloads at most, and an operator stands as the cause of what was merged', async () => {
  const { disk, events, parses, gate, reloader } = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  gate.wait = promise;
  disk.text = 'drain: { timeout: 2s }';
  const first = reloader.reload(SIGNAL);
  await settle();
  disk.text = 'drain: { timeout: 3s }';
  const operator = { kind: 'operator', operator: { who: 'Ada', why: null } } as const;
  const later = [
    ...Array.from({ length: 100 }, () => reloader.reload(SIGNAL)),
    reloader.reload(operator),
    reloader.fileTouched(),
    ...Array.from({ length: 100 }, () => reloader.reload(SIGNAL)),
  ];
  resolve();
  await first;
  const reports = new Set(await Promise.all(later));
  reports.delete(undefined);
  assert.equal(reports.size, 1);
  assert.equal(parses.count, 2);
  assert.deepEqual(
    events.map(({ cause }) => cause),
    [SIGNAL, operator],
  );
});

test('closing ends the reload that is under way, and later ones change nothing', async () => {
  const { disk, events, gate, parses, reloader } = setUp();
  gate.parseHangs = true;
  disk.text = 'drain: { timeout: 2s }';
  const first = reloader.reload(SIGNAL);
  const second = reloader.reload(SIGNAL);
  await settle();
  const third = reloader.reload(SIGNAL);
  reloader.close();
  for (const report of await Promise.all([first, second, third])) {
    assert.match(JSON.stringify(report), /the ambassador is stopping/);
  }
  assert.equal(parses.count, 1);
  assert.deepEqual(events, []);
  assert.equal(reloader.inForce.drain.timeout, 1_000);
});

test('a file that cannot be read in time is refused, and not read twice at once', async () => {
  const { disk, clock, reads, reloader } = setUp();
  const { promise, resolve } = Promise.withResolvers<void>();
  reads.wait = promise;
  for (const round of [1, 2]) {
    const reload = reloader.reload(SIGNAL);
    await settle();
    clock.advance(10_000);
    assert.match(JSON.stringify(await reload), /it could not be read within 10 s/, String(round));
  }
  assert.equal(reads.count, 1);
  disk.text = 'drain: { timeout: 2s }';
  resolve();
  await settle();
  assert.equal((await reloader.reload(SIGNAL)).outcome, 'reloaded');
  assert.equal(clock.pendingTimers, 0);
});

test('a shortage of this machine is said once, and what was not read is tried again until it is taken', async () => {
  const { disk, applied, events, clock, gate, reloader } = setUp();
  const short = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  const problem = { file: FILE, line: undefined, column: undefined, path: 'listen', message: short.message };
  gate.refusal = new ConfigError([problem], short);
  disk.text = 'drain: { timeout: 2s }';
  await reloader.fileTouched();
  assert.deepEqual(events, [{ cause: { kind: 'file' }, problems: [problem], triedAgainAfterMs: 5_000 }]);
  assert.equal(reloader.state().refused?.problems[0]?.message, short.message);
  clock.advance(5_000);
  await settle();
  assert.equal(events.length, 1, 'it is still short of the same');
  gate.refusal = undefined;
  clock.advance(5_000);
  await settle();
  assert.equal(applied.length, 1);
  assert.equal(reloader.state().refused, null);
  clock.advance(60_000);
  await settle();
  assert.equal(applied.length, 1);
});

test('a file that was not read for a shortage, and says what is in force, is no longer shown as refused', async () => {
  const { clock, reads, reloader } = setUp();
  reads.wait = Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
  await reloader.fileTouched();
  assert.notEqual(reloader.state().refused, null);
  reads.wait = Promise.resolve();
  clock.advance(5_000);
  await settle();
  assert.equal(reloader.state().refused, null);
});

test('nothing is tried again once it is closed', async () => {
  const { clock, reads, reloader } = setUp();
  reads.wait = Promise.reject(Object.assign(new Error('too many open files'), { code: 'EMFILE' }));
  await reloader.fileTouched();
  reloader.close();
  clock.advance(60_000);
  await settle();
  assert.equal(reads.count, 1);
});

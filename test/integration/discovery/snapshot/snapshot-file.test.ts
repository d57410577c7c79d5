import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { SnapshotFile } from '../../../../src/discovery/snapshot/snapshot-file.ts';
import { eventually } from '../../../support/eventually.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { testEndpoint } from '../../../support/proxy-under-test.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';

const PAYMENTS = [testEndpoint({ id: 'n/a', port: 80 })];
const FRESH = { endpoints: PAYMENTS, ageMs: 0 };

async function bench(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'snapshot-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'endpoints.json');
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const fileAt = (path: string): SnapshotFile => new SnapshotFile({ path, clock, logger });
  const savedNames = async (): Promise<string[]> =>
    Object.keys(JSON.parse(await readFile(path, 'utf8')).services);
  return { folder, path, clock, logger, fileAt, file: fileAt(path), savedNames };
}

describe('saving', () => {
  it('is there for a later run, readable by its owner alone', async (t) => {
    const { folder, fileAt } = await bench(t);
    const path = join(folder, 'deep', 'endpoints.json');
    const file = fileAt(path);
    file.save(() => [['payments', { endpoints: PAYMENTS, ageMs: 7 }]]);
    await file.close();
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await fileAt(path).load(), new Map([['payments', { endpoints: PAYMENTS, ageMs: 7 }]]));
  });

  it('happens a second after the first of many changes, once, with the last state', async (t) => {
    const { folder, clock, file, savedNames } = await bench(t);
    let reads = 0;
    for (let i = 0; i < 100; i++) {
      file.save(() => {
        reads++;
        return [[`service-${i}`, FRESH]];
      });
    }
    clock.advance(999);
    await settle();
    assert.equal(reads, 0);
    clock.advance(1);
    await eventually(async () => assert.deepEqual(await savedNames(), ['service-99']));
    assert.equal(reads, 1);
    assert.deepEqual(await readdir(folder), ['endpoints.json']);
  });

  it('goes on after a write, and never has two under way', async (t) => {
    const { clock, file, savedNames, logger } = await bench(t);
    for (let i = 0; i < 20; i++) {
      file.save(() => [['payments', FRESH]]);
      clock.advance(1_000);
    }
    file.save(() => [['ledger', FRESH]]);
    await eventually(async () => {
      clock.advance(1_000);
      assert.deepEqual(await savedNames(), ['payments', 'ledger']);
    });
    assert.deepEqual(logger.lines, []);
  });

  it('happens a last time on closing, with the ages of then, and not afterwards', async (t) => {
    const { path, clock, file, savedNames } = await bench(t);
    let ageMs = 60_000;
    file.save(() => [['payments', { endpoints: PAYMENTS, ageMs }]]);
    clock.advance(1_000);
    await eventually(() => stat(path));
    ageMs = 0;
    await Promise.all([file.close(), file.close()]);
    const { services } = JSON.parse(await readFile(path, 'utf8'));
    assert.equal(services.payments.confirmedAt, clock.wallTime());
    file.save(() => [['ledger', FRESH]]);
    clock.advance(10_000);
    await file.close();
    assert.deepEqual(await savedNames(), ['payments']);
    assert.equal(clock.pendingTimers, 0);
  });

  it('keeps what an earlier run knew and nobody has asked for since', async (t) => {
    const { file, fileAt, path } = await bench(t);
    file.save(() => [
      ['payments', FRESH],
      ['ledger', FRESH],
    ]);
    await file.close();
    const later = fileAt(path);
    await later.load();
    later.save(() => [['payments', FRESH]]);
    await later.close();
    assert.deepEqual([...(await fileAt(path).load()).keys()].sort(), ['ledger', 'payments']);
  });

  it('leaves the file alone when there was never anything to save', async (t) => {
    const { folder, file } = await bench(t);
    await file.load();
    await file.close();
    assert.deepEqual(await readdir(folder), []);
  });

  it('does not follow a link that lies where it writes', async (t) => {
    const { folder, path, file } = await bench(t);
    const victim = join(folder, 'victim');
    await writeFile(victim, 'precious');
    await symlink(victim, `${path}.tmp`);
    file.save(() => [['payments', FRESH]]);
    await file.close();
    assert.equal(await readFile(victim, 'utf8'), 'precious');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
  });
});

function assertWarned({ lines }: Pick<RecordingLogger, 'lines'>, times: number): void {
  assert.equal(lines.length, times);
  for (const line of lines) assert.match(line, /^warn: the snapshot cannot be written: /);
}

describe('a place that cannot be written', () => {
  it('is tried again without a change, and says until then what is wrong', async (t) => {
    const { path, clock, file, savedNames } = await bench(t);
    await mkdir(path);
    const since = clock.wallTime() + 1_000;
    file.save(() => [['payments', FRESH]]);
    clock.advance(1_000);
    await eventually(() => assert.equal(file.fault?.since, since));
    await eventually(() => assert.equal(clock.pendingTimers, 1));
    await rm(path, { recursive: true });
    clock.advance(30_000);
    await eventually(() => assert.equal(clock.pendingTimers, 1));
    clock.advance(1_000);
    await eventually(async () => assert.deepEqual(await savedNames(), ['payments']));
    await file.close();
    assert.equal(file.fault, undefined);
  });

  it('costs one warning as long as the fault is the same, and a line when it is over', async (t) => {
    const { path, clock, logger, file, savedNames } = await bench(t);
    // A folder where the file should be: not even the superuser can write there.
    await mkdir(path);
    for (let i = 0; i < 3; i++) {
      file.save(() => [['payments', FRESH]]);
      await eventually(() => assert.equal(clock.pendingTimers, 1));
      clock.advance(1_000);
    }
    // The next write is only scheduled when the one under way has ended.
    file.save(() => [['payments', FRESH]]);
    await eventually(() => assert.equal(clock.pendingTimers, 1));
    assertWarned(logger, 1);
    await rm(path, { recursive: true });
    clock.advance(1_000);
    await eventually(async () => assert.deepEqual(await savedNames(), ['payments']));
    await file.close();
    assertWarned({ lines: logger.lines.slice(0, -1) }, 1);
    assert.equal(logger.lines.at(-1), 'info: the snapshot is written again');
  });

  it('costs another warning when the fault is another', async (t) => {
    const { path, clock, logger, file } = await bench(t);
    await mkdir(path);
    file.save(() => [['payments', FRESH]]);
    clock.advance(1_000);
    await eventually(() => assert.equal(logger.entries.length, 1));
    await rm(dirname(path), { recursive: true });
    await writeFile(dirname(path), '');
    await file.close();
    assertWarned(logger, 2);
  });

  it('leaves nothing half-written behind', async (t) => {
    const { folder, path, file } = await bench(t);
    await mkdir(path);
    file.save(() => [['payments', FRESH]]);
    await file.close();
    assert.deepEqual(await readdir(folder), ['endpoints.json']);
  });

  it('is left as it was when there is too much to save', async (t) => {
    const { path, logger, file, fileAt } = await bench(t);
    file.save(() => [['payments', FRESH]]);
    await file.close();
    const next = fileAt(path);
    const huge = testEndpoint({ id: 'n/a', port: 80, meta: { filling: 'x'.repeat(64 * 1024 ** 2) } });
    next.save(() => [['payments', { endpoints: [huge], ageMs: 0 }]]);
    await next.close();
    assertWarned(logger, 1);
    assert.deepEqual((await fileAt(path).load()).get('payments')?.endpoints, PAYMENTS);
  });
});

describe('loading', () => {
  it('is an empty start without a word when there is no file', async (t) => {
    const { file, logger } = await bench(t);
    assert.equal((await file.load()).size, 0);
    assert.deepEqual(logger.lines, []);
  });

  it('is an empty start with a warning when the file is damaged', async (t) => {
    const { path, file, logger } = await bench(t);
    await writeFile(path, '{"version":1,"serv');
    assert.equal((await file.load()).size, 0);
    assert.deepEqual(logger.lines, [
      `warn: the snapshot file is damaged: it is not whole JSON; going on without, and it is kept as ${path}.refused`,
    ]);
  });

  it('keeps a file that it cannot use aside, the last one, whatever is saved afterwards', async (t) => {
    const { path, file, fileAt, savedNames } = await bench(t);
    for (const unusable of ['{"version":2,"serv', '{"version":99,"services":{}}']) {
      await writeFile(path, unusable);
      const run = fileAt(path);
      await run.load();
      run.save(() => [['payments', FRESH]]);
      await run.close();
      assert.equal(await readFile(`${path}.refused`, 'utf8'), unusable);
      assert.deepEqual(await savedNames(), ['payments']);
    }
    await file.load();
    assert.match(await readFile(`${path}.refused`, 'utf8'), /99/);
  });

  it('says so when entries are left out', async (t) => {
    const { clock, path, file, fileAt, logger } = await bench(t);
    file.save(() => [['payments', FRESH]]);
    await file.close();
    clock.advance(25 * 3_600_000);
    assert.equal((await fileAt(path).load()).size, 0);
    assert.deepEqual(logger.lines, ['info: old or damaged entries of the snapshot are left out']);
  });

  it('reads neither folders, nor devices without end, nor more than 64 MiB', async (t) => {
    const { folder, path, fileAt, logger } = await bench(t);
    await writeFile(path, '');
    await truncate(path, 64 * 1024 ** 2 + 1);
    const endless = join(folder, 'endless');
    await symlink('/dev/zero', endless);
    for (const unusable of [folder, endless, path]) {
      assert.equal((await fileAt(unusable).load()).size, 0);
    }
    const cannot = (why: string) => `warn: the snapshot file cannot be read: ${why}; going on without, and`;
    assert.deepEqual(logger.lines, [
      ...Array(2).fill(`${cannot('it is not a file')} it stays where it is: it is not a file`),
      `${cannot('it is larger than 67108864 bytes')} it is kept as ${path}.refused`,
    ]);
  });

  it('neither reads nor replaces a pipe', async (t) => {
    const { path, file, logger } = await bench(t);
    execFileSync('mkfifo', [path]);
    await file.load();
    file.save(() => [['payments', FRESH]]);
    await file.close();
    assert.ok((await stat(path)).isFIFO());
    assert.match(logger.lines.at(-1) ?? '', /^warn: the snapshot cannot be written: it is not a file/);
  });

  it('clears away what a run left that ended in the middle of a write', async (t) => {
    const { folder, path, file } = await bench(t);
    await writeFile(`${path}.tmp`, '{"version":1,');
    await file.load();
    assert.deepEqual(await readdir(folder), []);
  });
});

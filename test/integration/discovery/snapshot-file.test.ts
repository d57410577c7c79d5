import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { SnapshotFile } from '../../../src/discovery/snapshot-file.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'snapshot-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

function snapshotFile(path: string): SnapshotFile {
  return new SnapshotFile({ path, clock: systemClock, logger: silentLogger });
}

const PAYMENTS = [testEndpoint({ id: 'n/a', port: 80 })];

test('a later run finds what an earlier one saved, for its owner alone', async (t) => {
  const path = join(await folder(t), 'deep', 'endpoints.json');
  const file = snapshotFile(path);
  file.save(() => [['payments', { endpoints: PAYMENTS, ageMs: 0 }]]);
  await file.close();
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual((await snapshotFile(path).load()).get('payments')?.endpoints, PAYMENTS);
});

test('a burst of changes is one write, of the last state', async (t) => {
  const path = join(await folder(t), 'endpoints.json');
  const clock = new FakeClock();
  const file = new SnapshotFile({ path, clock, logger: silentLogger });
  let reads = 0;
  for (let i = 0; i < 100; i++) {
    file.save(() => {
      reads++;
      return [[`service-${i}`, { endpoints: [], ageMs: 0 }]];
    });
  }
  clock.advance(1_000);
  await file.close();
  assert.equal(reads, 1);
  assert.deepEqual(Object.keys(JSON.parse(await readFile(path, 'utf8')).services), ['service-99']);
});

test('no file, a damaged file and a folder in its place are an empty start', async (t) => {
  const path = await folder(t);
  assert.equal((await snapshotFile(join(path, 'none.json')).load()).size, 0);
  await writeFile(join(path, 'damaged.json'), '{"version":1,"serv');
  assert.equal((await snapshotFile(join(path, 'damaged.json')).load()).size, 0);
  assert.equal((await snapshotFile(path).load()).size, 0);
});

test('a place that cannot be written costs a warning, once, and leaves nothing behind', async (t) => {
  const path = await folder(t);
  const warnings: string[] = [];
  const clock = new FakeClock();
  const logger = { ...silentLogger, warn: (_fields: object, message: string) => warnings.push(message) };
  // A folder where the file should be: not even the superuser can write there.
  const file = new SnapshotFile({ path, clock, logger });
  for (let i = 0; i < 3; i++) {
    file.save(() => []);
    clock.advance(1_000);
  }
  await file.close();
  assert.deepEqual(warnings, ['the snapshot cannot be written']);
  await chmod(path, 0o700);
  assert.deepEqual(await readdir(path), []);
});

// Where the lines of the access log go: a file that is rotated, a pipe that nobody reads.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../../../../src/demo/leftovers.ts';
import { FileSink } from '../../../../src/observe/access-log/file-sink.ts';
import type { AmbassadorProcess } from '../../../support/ambassador-process.ts';
import {
  configFile,
  spawnAmbassador,
  startAmbassador,
  temporaryFolder,
} from '../../../support/ambassador-process.ts';
import { eventually } from '../../../support/eventually.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { startUpstream, unusedPort } from '../../../support/upstreams.ts';

const MAIN = fileURLToPath(new URL('../../../../src/main.ts', import.meta.url));

function lines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
}

async function start(t: TestContext, accessLog: unknown): Promise<AmbassadorProcess> {
  const service = await startUpstream(t, (_request, response) => response.end('ok'));
  return startAmbassador(t, {
    consul: 'http://127.0.0.1:1',
    config: {
      discovery: { services: 'declared' },
      services: { payments: { discover: { endpoints: [`127.0.0.1:${service.port}`] } } },
      accessLog,
    },
  });
}

test('lines go to the file in the format that was asked for, the last ones at the end', async (t) => {
  const file = join(temporaryFolder(), 'access.log');
  const format = '%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %BYTES_RECEIVED% %RESP(X-AMBASSADOR-ERROR)%';
  const ambassador = await start(t, { file, format, sample: 1 });
  await fetch(`${ambassador.url}/payments/charge?card=4111111111111111`, { method: 'POST', body: 'four' });
  await eventually(() => assert.deepEqual(lines(file), ['POST /payments/charge 200 4 -']));
  await fetch(`${ambassador.url}/nobody/`);
  assert.equal((await ambassador.stop()).code, 0);
  assert.deepEqual(lines(file), ['POST /payments/charge 200 4 -', 'GET /nobody/ 404 0 unknown_service']);
  assert.equal(statSync(file).mode & 0o777, 0o640);
  assert.equal(
    ambassador.log.some(({ log }) => log === 'access'),
    false,
  );
});

test('a file that was moved away gets no more lines, and a new one takes them', async (t) => {
  const file = join(temporaryFolder(), 'access.log');
  const ambassador = await start(t, { file, sample: 1 });
  await fetch(`${ambassador.url}/payments/1`);
  await eventually(() => assert.equal(lines(file).length, 1));
  renameSync(file, `${file}.1`);
  await fetch(`${ambassador.url}/payments/2`);
  await eventually(() => assert.equal(lines(file).length, 1));
  assert.match(lines(file)[0] ?? '', /payments\/2/);
  assert.equal(lines(`${file}.1`).length, 1);
});

test('a file that cannot be opened keeps the ambassador from starting, and is named', async (t) => {
  const file = join(temporaryFolder(), 'missing', 'access.log');
  const config = {
    consul: { address: 'http://127.0.0.1:1' },
    admin: { listen: '127.0.0.1:0' },
    accessLog: { file },
  };
  const ambassador = spawnAmbassador(t, ['run', '-c', configFile(config)]);
  assert.equal((await ambassador.ended).code, 1);
  assert.ok(ambassador.stderr.includes(file));
});

test('lines that cannot be written are counted and reported once, and writing goes on when it can', async () => {
  const folder = join(temporaryFolder(), 'logs');
  mkdirSync(folder);
  const file = join(folder, 'access.log');
  const logger = new RecordingLogger();
  const clock = new FakeClock();
  const sink = await FileSink.open(file, clock, logger);
  const drained = () => new Promise<void>((resolve) => sink.once('drain', resolve));
  rmSync(folder, { recursive: true });
  for (const text of ['1\n2\n', '3\n']) {
    const done = drained();
    sink.write(text);
    clock.advance(1_000);
    await done;
  }
  assert.equal(sink.dropped, 3);
  assert.equal(logger.lines.length, 1);
  mkdirSync(folder);
  const written = drained();
  sink.write('4\n');
  clock.advance(1_000);
  await written;
  assert.deepEqual(lines(file), ['4']);
  assert.match(logger.lines[1] ?? '', /again\. 3 lines of the access log were lost within 2\.0 s: ENOENT/);
  await sink.close();
});

test('a named pipe without a reader is refused, not waited for', async () => {
  const file = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [file]);
  await assert.rejects(FileSink.open(file, new FakeClock(), new RecordingLogger()), /ENXIO/);
});

test('while nobody reads its standard output, requests go on and lines are dropped and counted', async (t) => {
  const service = await startUpstream(t, (_request, response) => response.end('ok'));
  const [traffic, admin] = [await unusedPort(), await unusedPort()];
  const file = configFile({
    consul: { address: 'http://127.0.0.1:1' },
    listen: `127.0.0.1:${traffic}`,
    admin: { listen: `127.0.0.1:${admin}` },
    discovery: { services: 'declared' },
    services: { payments: { discover: { endpoints: [`127.0.0.1:${service.port}`] } } },
    accessLog: { sample: 1 },
  });
  const child = spawn(process.execPath, [MAIN, 'run', '-c', file], { stdio: ['ignore', 'pipe', 'ignore'] });
  endWithThisProcess(child);
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
    child.stdout.destroy();
  });
  // A pipe that is never read: what comes first fills it.
  child.stdout.pause();
  await eventually(async () => assert.equal((await fetch(`http://127.0.0.1:${admin}/readyz`)).status, 200));
  const dropped = async () => {
    const page = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
    return Number(/^ambassador_access_log_dropped_total (\d+)$/m.exec(page)?.[1]);
  };
  const path = 'x'.repeat(2_000);
  for (let round = 0; (await dropped()) === 0; round++) {
    assert.ok(round < 200, 'lines are dropped sooner than that');
    const answers = Array.from({ length: 50 }, () => fetch(`http://127.0.0.1:${traffic}/payments/${path}`));
    for (const answer of await Promise.all(answers)) {
      assert.equal(answer.status, 200);
      await answer.arrayBuffer();
    }
  }
});

// Linux has a file that is always full; elsewhere there is none.
if (existsSync('/dev/full')) {
  test('on a full disk requests go on, and the lines that are lost are counted', async (t) => {
    const ambassador = await start(t, { file: '/dev/full', sample: 1 });
    await eventually(async () => {
      assert.equal((await fetch(`${ambassador.url}/payments/charge`)).status, 200);
      const metrics = await (await fetch(`${ambassador.adminUrl}/metrics`)).text();
      assert.match(metrics, /^ambassador_access_log_dropped_total [1-9]/m);
    });
    assert.equal(ambassador.log.filter(({ msg }) => /ENOSPC/.test(String(msg))).length, 1);
    assert.equal((await ambassador.stop()).code, 0);
  });
}

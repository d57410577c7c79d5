import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setUpAccessLog } from '../../../src/app/access-log-setup.ts';
import type { AccessLogConfig } from '../../../src/config/types.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { temporaryFolder } from '../../support/ambassador-process.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { requestFacts } from '../../support/request-facts.ts';
import { seededRandom } from '../../support/seeded-random.ts';

const CONFIG = { enabled: true, slowThreshold: 1_000 };

async function linesOf(given: Partial<AccessLogConfig>, isTerminal: boolean): Promise<number> {
  const written: string[] = [];
  const parts = await setUpAccessLog(
    { ...CONFIG, ...given },
    {
      sink: { write: (lines) => written.push(lines) > 0, once: () => {}, missed: () => {} },
      isTerminal,
      clock: new FakeClock(),
      random: seededRandom(3),
      logger: silentLogger,
    },
  );
  for (let i = 0; i < 5_000; i++) parts?.log.requestFinished(requestFacts());
  parts?.log.requestFinished(requestFacts({ status: 500 }));
  await parts?.close();
  const log = given.file === undefined ? written.join('') : readFileSync(given.file, 'utf8');
  return log.split('\n').length - 1;
}

test('a hundredth of the uneventful requests is logged by default, and what is worth reading besides', async () => {
  const lines = await linesOf({}, false);
  assert.ok(lines > 30 && lines < 75, `${lines} of 5001`);
});

test('everything is logged on a terminal, and where the configuration says so', async () => {
  assert.equal(await linesOf({}, true), 5_001);
  assert.equal(await linesOf({ sample: 1 }, false), 5_001);
});

test('the configuration goes before the terminal, and a file is none', async () => {
  assert.equal(await linesOf({ sample: 0 }, true), 1);
  assert.ok((await linesOf({ file: join(temporaryFolder(), 'access.log') }, true)) < 75);
  assert.equal(await linesOf({ enabled: false }, true), 0);
});

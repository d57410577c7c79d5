// Brings docker-compose.yml up and takes parts of it away while the app goes on calling. Exit code 0 when all went well.

import assert from 'node:assert/strict';
import { messageOf } from '../../src/core/errors.ts';
import { runCommand } from '../../src/demo/run-command.ts';
import { Traffic } from '../../src/demo/traffic.ts';
import { waitFor } from '../../src/demo/wait.ts';
import { besideYourApp } from './beside-your-app.ts';
import type { Instance } from './compose.ts';
import { addressOf, Compose, crash, ensureBaseImages, inspect } from './compose.ts';
import { everyContainerIsContained } from './contained.ts';
import { say, seconds } from './say.ts';
import { isInTable, passingIds } from './views.ts';

const PUBLISHED = 'http://localhost:15000';
const PATIENCE_MS = 60_000;
const INSTANCES = { payments: 3, fraud: 2, inventory: 2 };

async function main(): Promise<void> {
  const compose = await Compose.find();
  await ensureBaseImages();
  try {
    await compose.run('up', '--detach', '--build');
    await everyServiceAnswers(compose);
    await keepingAnswers(compose, 'an instance is killed', (victim) => lose(victim, 'kill'));
    await keepingAnswers(compose, 'an instance is stopped', (victim) => lose(victim, 'stop'));
    await consulComesBackEmpty(compose);
    await everyContainerIsContained(compose);
    await everyContainerCrashes(compose);
    await ambassadorCrashesWithoutConsul(compose);
    await ambassadorIsRestarted(compose);
    await everythingStopsInOrder(compose);
  } catch (error) {
    await compose.run('logs', '--tail', '30').catch(() => {});
    throw error;
  } finally {
    await compose.run('down', '--volumes');
  }
  await besideYourApp();
}

async function everyServiceAnswers(compose: Compose): Promise<void> {
  await waitFor('the app to be answered by all three', PATIENCE_MS, async () =>
    (await appLines(compose)).some((line) => line.startsWith('ok')) ? true : undefined,
  );
  assert.deepEqual(await failedLines(compose), [], 'the app started before it could be answered');
  for (const [service, count] of Object.entries(INSTANCES)) {
    assert.equal((await passingIds(service)).length, count, `instances of ${service} in Consul`);
  }
  const memory = await runCommand('docker', [
    'stats',
    '--no-stream',
    '--format',
    '{{.MemUsage}}',
    await compose.container('ambassador'),
  ]);
  say(`up: the app got answers from its first line on; the ambassador's container takes ${memory.trim()}`);
}

async function lose(victim: Instance, how: 'kill' | 'stop'): Promise<void> {
  const address = await addressOf(victim.container);
  await runCommand('docker', [how, victim.container]);
  await waitFor('Consul to find it out', PATIENCE_MS, async () =>
    (await passingIds('payments')).includes(victim.id) ? undefined : true,
  );
  await waitFor('the endpoint table to be without it', PATIENCE_MS, async () =>
    (await isInTable('payments', address)) ? undefined : true,
  );
  await runCommand('docker', ['start', victim.container]);
}

/** Takes a payments container away and brings it back under 100 calls a second from the host, next to the app's own. */
async function keepingAnswers(
  compose: Compose,
  what: string,
  takeAway: (victim: Instance) => Promise<void>,
): Promise<void> {
  const victim = await compose.anInstance('payments');
  const traffic = new Traffic(`${PUBLISHED}/payments/balance`);
  try {
    await takeAway(victim);
    await waitFor('it to be back', PATIENCE_MS, async () => {
      if (!(await passingIds('payments')).includes(victim.id)) return undefined;
      return (await isInTable('payments', await addressOf(victim.container))) ? true : undefined;
    });
  } finally {
    const { calls, failed, failures, slowestMs } = await traffic.stop();
    say(`${what}: ${calls} calls from the host, ${failed} failed, slowest ${slowestMs} ms`);
    assert.equal(failed, 0, failures.join('\n'));
  }
  assert.deepEqual(await failedLines(compose), [], `${what}: calls of the app failed`);
}

async function consulComesBackEmpty(compose: Compose): Promise<void> {
  const traffic = new Traffic(`${PUBLISHED}/payments/balance`);
  await compose.run('restart', 'consul');
  await waitFor('the instances to register again', PATIENCE_MS, async () =>
    (await passingIds('payments').catch(() => [])).length === 3 ? true : undefined,
  );
  const { calls, failed, failures } = await traffic.stop();
  say(`Consul is restarted without its data: ${calls} calls from the host, ${failed} failed`);
  assert.equal(failed, 0, failures.join('\n'));
  assert.deepEqual(await failedLines(compose), [], 'Consul is restarted: calls of the app failed');
}

/** One after the other, each by a crash. But for the ambassador itself, no call may fail. */
async function everyContainerCrashes(compose: Compose): Promise<void> {
  for (const service of ['payments', 'fraud', 'inventory', 'consul', 'app', 'ambassador']) {
    for (const [index, container] of (await compose.containers(service)).entries()) {
      const traffic = new Traffic(`${PUBLISHED}/payments/balance`);
      const backMs = await crash(container);
      await theAppIsAnswered(compose);
      await everyInstanceIsBack();
      const { calls, failed, failures } = await traffic.stop();
      const gap = failed === 0 ? '' : `, all within ${(failed * 10) / 1_000} s`;
      say(
        `${service} ${index + 1} crashes: back after ${seconds(backMs)}; ${calls} calls, ${failed} failed${gap}`,
      );
      if (service !== 'ambassador') assert.equal(failed, 0, failures.join('\n'));
    }
  }
}

async function everyInstanceIsBack(): Promise<void> {
  await waitFor('every instance to be in Consul', PATIENCE_MS, async () => {
    for (const [service, count] of Object.entries(INSTANCES)) {
      if ((await passingIds(service).catch(() => [])).length !== count) return undefined;
    }
    return true;
  });
}

/** Started while there is no Consul, it serves from the snapshot in its volume. */
async function ambassadorCrashesWithoutConsul(compose: Compose): Promise<void> {
  await compose.run('stop', 'consul');
  const backMs = await crash(await compose.container('ambassador'));
  await theAppIsAnswered(compose);
  const traffic = new Traffic(`${PUBLISHED}/payments/balance`);
  await waitFor('a hundred calls', PATIENCE_MS, async () => (traffic.calls >= 100 ? true : undefined));
  const { calls, failed, failures } = await traffic.stop();
  assert.equal(failed, 0, failures.join('\n'));
  say(
    `the ambassador crashes while Consul is down: back after ${seconds(backMs)} from its snapshot; ${calls} calls, 0 failed`,
  );
  await compose.run('start', 'consul');
  await everyInstanceIsBack();
}

/** The application is not touched, and calls as before. */
async function ambassadorIsRestarted(compose: Compose): Promise<void> {
  await compose.run('restart', 'ambassador');
  await theAppIsAnswered(compose);
  say('the ambassador is restarted: the app gets its answers again, without a restart of its own');
}

/** Waits for a new line of the app that says ok. */
async function theAppIsAnswered(compose: Compose): Promise<void> {
  const before = (await appLines(compose)).length;
  await waitFor('the app to be answered', PATIENCE_MS, async () =>
    (await appLines(compose)).slice(before).at(-1)?.startsWith('ok') === true ? true : undefined,
  );
}

async function everythingStopsInOrder(compose: Compose): Promise<void> {
  const ambassador = await compose.container('ambassador');
  await compose.run('stop');
  assert.equal(await inspect(ambassador, '{{.State.ExitCode}}'), '0', 'the exit code of the ambassador');
  say('stopped: the ambassador ended by itself, with exit code 0');
}

async function appLines(compose: Compose): Promise<readonly string[]> {
  const container = await compose.container('app');
  return (await runCommand('docker', ['logs', container])).split('\n').filter((line) => line !== '');
}

async function failedLines(compose: Compose): Promise<readonly string[]> {
  return (await appLines(compose)).filter((line) => !line.startsWith('ok'));
}

try {
  await main();
  say('PASSED');
} catch (error) {
  say(`FAILED: ${messageOf(error)}`);
  process.exitCode = 1;
}

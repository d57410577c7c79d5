// deploy/compose/your-app.yml and localhost.yml with the smallest service there can be as "your app": an image of its own,
// which knows nothing of this project.

import assert from 'node:assert/strict';
import { runCommand } from '../../src/demo/run-command.ts';
import { waitFor } from '../../src/demo/wait.ts';
import { Compose, crash, runVisibly } from './compose.ts';
import { say, seconds } from './say.ts';

const IMAGE = 'ambassador-compose-test-app';
const PATIENCE_MS = 60_000;

export async function besideYourApp(): Promise<void> {
  await runVisibly([
    'docker',
    'build',
    '--quiet',
    ...(process.env['NODE_IMAGE'] === undefined
      ? []
      : ['--build-arg', `NODE_IMAGE=${process.env['NODE_IMAGE']}`]),
    '--tag',
    IMAGE,
    'test/compose/your-app',
  ]);
  process.env['YOUR_IMAGE'] = IMAGE;
  await byName();
  await byLocalhost();
  await runCommand('docker', ['image', 'rm', IMAGE]);
}

async function byName(): Promise<void> {
  await whileUp('deploy/compose/your-app.yml', async (compose) => {
    await answers('the service by its name, from the host', () =>
      fromTheHost('http://localhost:15000/your-app/'),
    );
    const app = await compose.container('your-app');
    const call = () => fromInside(app, 'http://ambassador:15000/your-app/');
    await answers('the service from inside its container', call);
    const backMs = await crash(await compose.container('ambassador'));
    await answers('the service after a crash of the ambassador', call);
    await crash(app);
    await answers('the service after its own crash', call);
    say(
      `your-app.yml: called by name; the ambassador was back ${seconds(backMs)} after its crash, the app untouched`,
    );
  });
}

async function byLocalhost(): Promise<void> {
  await whileUp('deploy/compose/localhost.yml', async (compose) => {
    const app = await compose.container('your-app');
    const call = () => fromInside(app, 'http://localhost:15000/your-app/');
    await answers('the service by way of localhost', call);
    const backMs = await crash(await compose.container('ambassador'));
    await answers('the service after a crash of the ambassador', call);
    await crash(app);
    await answers('the service after its own crash', call);
    await compose.run('restart', 'ambassador');
    await answers('the service after a restart of the ambassador', call);
    // As the file says: after the end of the third container all three are started again.
    await crash(await compose.container('pod'));
    await compose.run('up', '--detach', '--force-recreate', 'pod', 'ambassador', 'your-app');
    const another = await compose.container('your-app');
    await answers('the service after all three were started again', () =>
      fromInside(another, 'http://localhost:15000/your-app/'),
    );
    say(
      `localhost.yml: localhost from inside; the ambassador was back ${seconds(backMs)} after its crash, the app untouched`,
    );
  });
}

async function whileUp(file: string, use: (compose: Compose) => Promise<void>): Promise<void> {
  const compose = await Compose.find(file);
  try {
    await compose.run('up', '--detach', '--build');
    await use(compose);
  } catch (error) {
    await compose.run('logs', '--tail', '30').catch(() => {});
    throw error;
  } finally {
    await compose.run('down', '--volumes');
  }
}

async function answers(what: string, call: () => Promise<string>): Promise<void> {
  let last = '';
  await waitFor(what, PATIENCE_MS, async () => {
    last = await call().catch(String);
    return last === 'your answer' ? true : undefined;
  }).catch((error: unknown) => assert.fail(`${String(error)}; last: ${last}`));
}

async function fromTheHost(url: string): Promise<string> {
  return (await fetch(url)).text();
}

async function fromInside(container: string, url: string): Promise<string> {
  const script = `fetch(${JSON.stringify(url)}).then((r) => r.text()).then(console.log)`;
  return (await runCommand('docker', ['exec', container, 'node', '-e', script])).trim();
}

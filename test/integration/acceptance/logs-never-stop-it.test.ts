// Whatever becomes of the place where the log goes, calls go on and a signal ends the process.

import assert from 'node:assert/strict';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { endWithThisProcess } from '../../../src/demo/leftovers.ts';
import { configFile, temporaryFolder } from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { get, inParallel } from '../../support/load.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

/** The drain limit of every ambassador here. */
const DRAIN_MS = 500;

/** `drain.timeout` plus a second is the promise; the rest is for starting and seeing the end of a process on a busy machine. */
const ENDS_WITHIN_MS = DRAIN_MS + 1_000 + 3_000;

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly adminUrl: string;
  readonly agent: Agent;
}

interface Options {
  readonly accessLog?: object;
  /** Before the name of the program. */
  readonly through?: readonly string[];
  readonly command?: readonly string[];
}

async function start(t: TestContext, stdio: StdioOptions, options: Options = {}): Promise<Running> {
  const { accessLog = {}, through = [], command } = options;
  const service = await startUpstream(t, (_request, response) => response.end('ok'));
  const [traffic, admin] = [await unusedPort(), await unusedPort()];
  const file = configFile({
    consul: { address: 'http://127.0.0.1:1' },
    listen: `127.0.0.1:${traffic}`,
    admin: { listen: `127.0.0.1:${admin}` },
    discovery: { services: 'declared' },
    services: { payments: { discover: { endpoints: [`127.0.0.1:${service.port}`] } } },
    drain: { timeout: `${DRAIN_MS}ms` },
    accessLog: { sample: 1, ...accessLog },
  });
  const own = command === undefined ? ['run', '-c', file] : ['exec', '-c', file, '--', ...command];
  const [program = '', ...args] = [...through, process.execPath, MAIN, ...own];
  const child = spawn(program, args, {
    stdio,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  });
  endWithThisProcess(child);
  const agent = new Agent({ keepAlive: true });
  t.after(async () => {
    agent.destroy();
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
  const adminUrl = `http://127.0.0.1:${admin}`;
  await eventually(async () => assert.equal((await fetch(`${adminUrl}/readyz`)).status, 200));
  return { child, url: `http://127.0.0.1:${traffic}`, adminUrl, agent };
}

/** By default some 300 KB of access log, more than a pipe holds. */
async function call({ url, agent }: Running, count = 300, length = 800): Promise<void> {
  const path = 'x'.repeat(length);
  await inParallel(8, count, async () => {
    assert.equal((await get(`${url}/payments/${path}`, agent)).status, 200);
  });
}

async function dropped({ adminUrl }: Running): Promise<number> {
  const page = await (await fetch(`${adminUrl}/metrics`)).text();
  const value = (name: string) =>
    Number(new RegExp(`^ambassador_${name}_dropped_total (\\d+)$`, 'm').exec(page)?.[1]);
  return value('access_log') + value('log');
}

/** Asks it to end, and asserts that it does. */
async function endsOnSignal(
  { child, agent }: Running,
  signal: NodeJS.Signals = 'SIGTERM',
): Promise<number | null> {
  agent.destroy();
  const ended = once(child, 'exit');
  child.kill(signal);
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(
      () => reject(new Error(`still running ${ENDS_WITHIN_MS} ms after ${signal}`)),
      ENDS_WITHIN_MS,
    ).unref();
  });
  const [code] = await Promise.race([ended, late]);
  return code;
}

/** One line at most may have been torn off when the disk was full. */
function wholeLines(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  const whole = lines.filter((line) => line.endsWith('}'));
  assert.ok(whole.length >= lines.length - 1);
  for (const line of whole) JSON.parse(line);
  return whole;
}

test('a pipe that is never read: calls go on, SIGTERM ends it with 0', async (t) => {
  const running = await start(t, ['ignore', 'pipe', 'ignore']);
  running.child.stdout?.pause();
  await call(running, 2_000);
  assert.equal(await endsOnSignal(running), 0);
});

test('a pipe that is never read: a second SIGTERM ends it at once, with its own exit code', async (t) => {
  const running = await start(t, ['ignore', 'pipe', 'ignore']);
  running.child.stdout?.pause();
  await call(running);
  running.child.kill('SIGTERM');
  // Readiness says that the first one was taken; both would be one otherwise.
  await eventually(async () => assert.equal((await fetch(`${running.adminUrl}/readyz`)).status, 503));
  assert.equal(await endsOnSignal(running), 143);
});

const CALLS = 6_000;

test('a reader that goes on after a while gets every line, or how many are missing', async (t) => {
  const running = await start(t, ['ignore', 'pipe', 'ignore']);
  const { child } = running;
  child.stdout?.pause();
  // More than all that may wait.
  await call(running, CALLS, 2_000);
  assert.notEqual(await dropped(running), 0);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  child.stdout?.resume();
  await eventually(() => {
    if (!/"The log is written again\. \d+ lines of the log were lost/.test(text))
      throw new Error('not reported yet');
  });
  const lost = await dropped(running);
  assert.equal(await endsOnSignal(running), 0);
  const lines = text.split('\n').slice(0, -1);
  assert.equal(lines.filter((line) => JSON.parse(line).log === 'access').length + lost, CALLS);
});

test('a reader that has gone costs lines, and nothing else', async (t) => {
  const running = await start(t, ['ignore', 'pipe', 'ignore']);
  running.child.stdout?.destroy();
  await call(running);
  await eventually(async () => assert.notEqual(await dropped(running), 0));
  assert.equal(await endsOnSignal(running), 0);
});

test('an access log in a named pipe whose reader stalls', async (t) => {
  const path = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  // Open for both ways, so that it has a reader that never reads.
  const reader = openSync(path, 'r+');
  t.after(() => closeSync(reader));
  const running = await start(t, ['ignore', 'ignore', 'ignore'], { accessLog: { file: path } });
  await call(running);
  assert.equal(await endsOnSignal(running), 0);
});

test('beside a command: a standard error that is never read keeps neither of them', async (t) => {
  const running = await start(t, ['ignore', 'ignore', 'pipe'], { command: ['sleep', '1000'] });
  running.child.stderr?.pause();
  await call(running);
  assert.equal(await endsOnSignal(running), 143);
});

test('/dev/full: calls go on, lines are counted, SIGTERM ends it', {
  skip: existsSync('/dev/full') ? false : 'this system has no /dev/full',
}, async (t) => {
  const full = openSync('/dev/full', 'w');
  t.after(() => closeSync(full));
  const running = await start(t, ['ignore', full, full]);
  await call(running);
  await eventually(async () => assert.notEqual(await dropped(running), 0));
  assert.equal(await endsOnSignal(running), 0);
});

/** Mounts a file system of 64 KiB, or says why not. */
function mountSmall(t: TestContext, folder: string): string | undefined {
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'pipe' });
  } catch (error) {
    return `a file system cannot be mounted here: ${error instanceof Error ? error.message : error}`;
  }
  t.after(() => execFileSync('umount', ['--lazy', folder]));
  return undefined;
}

test('a full disk: calls go on, and when there is room again lines do, whole ones, with the number lost', async (t) => {
  const folder = join(temporaryFolder(), 'disk');
  const obstacle = mountSmall(t, folder);
  if (obstacle !== undefined) {
    t.skip(obstacle);
    return;
  }
  const ballast = join(folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(32 * 1024));
  const path = join(folder, 'log');
  const log = openSync(path, 'a');
  t.after(() => closeSync(log));
  const running = await start(t, ['ignore', log, 'ignore']);
  await call(running, 500);
  // Until every line is either there or given up.
  await eventually(async () => {
    const written = wholeLines(path).filter((line) => JSON.parse(line).log === 'access').length;
    assert.equal(written + (await dropped(running)), 500);
  });
  rmSync(ballast);
  await call(running, 1);
  await eventually(() => {
    assert.match(wholeLines(path).join('\n'), /"The log is written again\. \d+ lines .* ENOSPC/);
  });
  assert.equal(await endsOnSignal(running), 0);
});

test('a terminal that hangs up, or is stopped with Ctrl-S', {
  skip: existsSync('/usr/bin/python3') ? false : 'python3, which makes the terminal, is not installed',
}, async (t) => {
  // A terminal whose master is never read: its buffer fills as it does after Ctrl-S. SIGUSR1 closes the master.
  const script = `
import os, pty, signal, sys
pid, master = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGUSR1, lambda *_: os.close(master))
signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
while True:
    try:
        _, status = os.waitpid(pid, 0)
        break
    except InterruptedError:
        pass
sys.exit(os.waitstatus_to_exitcode(status))
`;
  const through = ['/usr/bin/python3', '-c', script];
  const stopped = await start(t, ['ignore', 'ignore', 'ignore'], { through });
  await call(stopped);
  assert.equal(await endsOnSignal(stopped), 0);

  const hungUp = await start(t, ['ignore', 'ignore', 'ignore'], { through });
  hungUp.child.kill('SIGUSR1');
  await call(hungUp);
  await eventually(async () => assert.notEqual(await dropped(hungUp), 0));
  assert.equal(await endsOnSignal(hungUp), 0);
});

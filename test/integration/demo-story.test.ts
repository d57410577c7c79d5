import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { runDemo } from '../../src/demo/demo.ts';
import { eventually } from '../support/eventually.ts';
import { startStandInAmbassador } from '../support/stand-in-ambassador.ts';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('the story ends well with an ambassador that tries another instance', async () => {
  const lines: string[] = [];
  const well = await runDemo({
    once: true,
    startAmbassador: (consulAddress) => startStandInAmbassador(consulAddress, 3),
    print: (line) => lines.push(line),
  });
  const text = lines.join('\n');
  assert.ok(well, text);
  assert.match(text, /payments-1 4, payments-2 4, payments-3 4/);
  assert.match(text, /0 failed, slowest \d+ ms; the endpoint went from healthy to unhealthy/);
  assert.match(text, /it was healthy .*again after/);
});

test('the story ends badly when the death of an instance reaches the callers', async () => {
  const lines: string[] = [];
  const well = await runDemo({
    once: true,
    startAmbassador: (consulAddress) => startStandInAmbassador(consulAddress, 1),
    print: (line) => lines.push(line),
  });
  assert.equal(well, false);
  assert.match(lines.join('\n'), /FAILED: \d+ calls failed: 503 no instance answered/);
});

test('the demo stays up until it is told to stop, and leaves no process behind', async () => {
  const lines: string[] = [];
  const controller = new AbortController();
  let consul = '';
  const running = runDemo({
    once: false,
    startAmbassador: (consulAddress) => {
      consul = consulAddress;
      return startStandInAmbassador(consulAddress, 3);
    },
    print: (line) => lines.push(line),
    signal: controller.signal,
  });
  await eventually(() => assert.match(lines.join('\n'), /Ctrl-C/), 30_000);
  const pids = [...lines.join('\n').matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
  assert.equal(pids.length, 9);
  assert.ok(pids.every(isAlive));

  const [victim = 0] = pids;
  process.kill(victim, 'SIGKILL');
  await eventually(() => assert.match(lines.join('\n'), /\(pid \d+\) has ended; it comes back in/));

  controller.abort();
  assert.equal(await running, true);
  assert.deepEqual(pids.filter(isAlive), []);
  await assert.rejects(fetch(consul));
});

test('the demo lets an operator act, and ends when the shell of its npm script is ended, which passes no signal on', async (t) => {
  // As npm starts it; the second command keeps the shell from becoming the program.
  const shell = spawn('sh', ['-c', `'${process.execPath}' src/main.ts demo; :`], {
    env: { ...process.env, npm_lifecycle_event: 'demo' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => shell.kill('SIGKILL'));
  let text = '';
  shell.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await eventually(() => assert.match(text, /Ctrl-C/), 30_000);
  const pids = [...text.matchAll(/pid (\d+)\n/g)].map(([, pid]) => Number(pid));
  assert.equal(pids.length, 9);

  // As it is printed, with the port that the demo took and its token.
  const [eject = ''] = /\S.* eject payments .*/.exec(text) ?? [];
  const { stdout } = await promisify(execFile)('sh', ['-c', eject]);
  assert.match(stdout, /payments-2/);

  const [, file = ''] = /^Config +([^,]+),/m.exec(text) ?? [];
  assert.equal(statSync(file).mode & 0o077, 0, 'it has the token');
  const [status = ''] = /\S.* status.*/.exec(text) ?? [];
  const shown = await promisify(execFile)('sh', ['-c', status]);
  assert.match(shown.stdout, new RegExp(`^configuration +${file}, read `, 'm'));

  shell.kill('SIGTERM');
  await eventually(() => assert.deepEqual([pids.filter(isAlive), existsSync(file)], [[], false]), 15_000);
});

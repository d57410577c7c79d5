// Reloads that come in bursts, hang, or are overtaken by the end of the process.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { configFile, spawnAmbassador } from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { get } from '../../support/load.ts';
import { unusedPort } from '../../support/upstreams.ts';

const NO_PROC = existsSync('/proc/self/task') ? false : 'the system does not show child processes in /proc';

async function start(t: TestContext) {
  const config = (sections: object = {}) => ({
    consul: { address: 'http://127.0.0.1:1' },
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    discovery: { services: 'declared' },
    services: { payments: { discover: { endpoints: ['127.0.0.1:1'] } } },
    drain: { timeout: '500ms' },
    ...sections,
  });
  const file = configFile(config());
  const ambassador = spawnAmbassador(t, ['run', '-c', file]);
  await ambassador.logged(/^listening on /);
  await ambassador.untilReady();
  await eventually(() => assert.deepEqual(parsersOf(ambassador), []));
  return { ambassador, file, config };
}

function parsersOf({ pid }: AmbassadorProcess): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').filter(Boolean).map(Number);
}

/** Stops the parser of the next reload, as a machine without memory may. */
async function stopParser(ambassador: AmbassadorProcess): Promise<number> {
  ambassador.signal('SIGHUP');
  const pid = await eventually(() => {
    const [found] = parsersOf(ambassador);
    if (found === undefined) throw new Error('no parser yet');
    return found;
  });
  process.kill(pid, 'SIGSTOP');
  return pid;
}

test('two hundred SIGHUPs never run two parsers, and do not delay SIGTERM', { skip: NO_PROC }, async (t) => {
  const { ambassador } = await start(t);
  const seen = new Set<number>();
  let most = 0;
  for (let count = 0; count < 200; count++) {
    ambassador.signal('SIGHUP');
    await new Promise((resolve) => setTimeout(resolve, 2));
    const parsers = parsersOf(ambassador);
    most = Math.max(most, parsers.length);
    for (const parser of parsers) seen.add(parser);
  }
  assert.ok(most <= 1, `${most} parsers at once`);
  assert.ok(seen.size >= 1 && seen.size < 37, `${seen.size} parsers`);
  const before = performance.now();
  assert.equal((await ambassador.stop()).code, 0);
  assert.ok(performance.now() - before < 10_000, 'reloads that wait are not waited for');
});

test('a parser that hangs is ended, and its configuration refused', { skip: NO_PROC }, async (t) => {
  const { ambassador, file, config } = await start(t);
  writeFileSync(file, JSON.stringify(config({ drain: { timeout: '700ms' } })));
  await stopParser(ambassador);
  await eventually(() => {
    const refusal = ambassador.log.find(({ msg }) => /did not end within 10 s/.test(String(msg)));
    if (refusal === undefined) throw new Error('not refused yet');
  }, 20_000);
  await eventually(() => assert.deepEqual(parsersOf(ambassador), []));
  ambassador.signal('SIGHUP');
  await ambassador.logged(/^The configuration was reloaded on SIGHUP: drain\.timeout: 500ms → 700ms/);
});

test('SIGTERM ends the parser and the process', { skip: NO_PROC }, async (t) => {
  const { ambassador } = await start(t);
  const parser = await stopParser(ambassador);
  assert.equal((await ambassador.stop()).code, 0);
  await eventually(() => assert.equal(existsSync(`/proc/${parser}`), false));
});

test('a reload that fails midway leaves nothing bound', async (t) => {
  const { ambassador, file, config } = await start(t);
  const free = await unusedPort();
  const listen = ['127.0.0.1:0', `127.0.0.1:${free}`, ambassador.adminUrl.slice('http://'.length)];
  writeFileSync(file, JSON.stringify(config({ listen, drain: { timeout: '700ms' } })));
  ambassador.signal('SIGHUP');
  await ambassador.logged(/refused, and the old one stays in force: .*EADDRINUSE/);
  await assert.rejects(get(`http://127.0.0.1:${free}/`, new Agent()), { code: 'ECONNREFUSED' });
  assert.match(JSON.stringify(await ambassador.admin('/api/config')), /"timeout":"500ms"/);
});

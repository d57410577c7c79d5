import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Agent } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { WITHOUT_MEANING } from '../../../src/cli/early-signals.ts';
import { startSampleProcess } from '../../../src/demo/sample-process.ts';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import {
  configFile,
  spawnAmbassador,
  startAmbassador,
  temporaryFolder,
} from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { get } from '../../support/load.ts';
import { RawClient } from '../../support/raw-client.ts';
import { unusedPort } from '../../support/upstreams.ts';

/** An ambassador for one sample service that needs no Consul, whose requests may stay open for so long. */
async function startServing(t: TestContext, drainTimeout: string): Promise<AmbassadorProcess> {
  const sample = await startSampleProcess('payments', 'payments-1');
  t.after(() => sample.kill());
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      discovery: { services: 'declared' },
      services: { payments: { discover: { endpoints: [`127.0.0.1:${sample.port}`] } } },
      drain: { timeout: drainTimeout },
    },
  });
  await ambassador.untilReady();
  return ambassador;
}

async function untilOpen(ambassador: AmbassadorProcess): Promise<void> {
  await eventually(async () => {
    assert.equal(await ambassador.metric('ambassador_requests_in_flight'), 1);
  });
}

test('on SIGTERM readiness goes, calls are still served, and each response ends its connection', async (t) => {
  const ambassador = await startServing(t, '30s');
  const [host = '', port] = (ambassador.addresses[0] ?? '').split(':');
  const raw = (path: string) => {
    const client = new RawClient(t, Number(port), host);
    client.send(`GET /payments/${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    return client;
  };
  const idle = raw('charge');
  await idle.until(/ 200 OK/);
  assert.doesNotMatch(idle.received, /^connection: close/im);
  const slow = raw('slow?ms=1500');
  await untilOpen(ambassador);

  ambassador.signal('SIGTERM');
  await ambassador.logged(/^stopping; 1 requests are open$/);
  const readiness = await fetch(`${ambassador.adminUrl}/readyz`);
  assert.equal(readiness.status, 503);
  assert.match(await readiness.text(), /"draining"/);

  assert.match(await raw('charge').untilClosed(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*^connection: close/im);
  assert.match(await slow.untilClosed(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*^connection: close/im);
  assert.equal(idle.closed, false, 'an idle connection may carry one more request');
  idle.send('GET /payments/charge HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assert.match(await idle.untilClosed(), / 200 OK[\s\S]* 200 OK\r\n[\s\S]*^connection: close/im);

  assert.deepEqual(await ambassador.ended, { code: 0, signal: null });
});

test('an application that stays connected is served until the drain limit', async (t) => {
  const ambassador = await startServing(t, '3s');
  const [host = '', port] = (ambassador.addresses[0] ?? '').split(':');
  const idle = new RawClient(t, Number(port), host);
  idle.send('GET /payments/charge HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await idle.until(/ 200 OK/);
  const before = performance.now();
  assert.deepEqual(await ambassador.stop(), { code: 0, signal: null });
  const tookMs = performance.now() - before;
  assert.ok(tookMs >= 3_000, `it ended after ${tookMs} ms`);
  await idle.untilClosed();
});

test('on SIGINT it ends as soon as the open requests are done', async (t) => {
  const ambassador = await startServing(t, '60s');
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const slow = get(`${ambassador.url}/payments/slow?ms=500`, agent);
  await untilOpen(ambassador);
  ambassador.signal('SIGINT');
  assert.equal((await slow).status, 200);
  assert.deepEqual(await ambassador.ended, { code: 0, signal: null });
});

test('what is open beyond the drain limit is cut, and the log says so', async (t) => {
  const ambassador = await startServing(t, '200ms');
  const slow = get(`${ambassador.url}/payments/slow?ms=30000`, new Agent());
  const cut = assert.rejects(slow, { code: 'ECONNRESET' });
  await untilOpen(ambassador);

  assert.deepEqual(await ambassador.stop(), { code: 0, signal: null });
  await cut;
  await ambassador.logged(/^1 requests were still open after 200 ms and are cut$/);
  const line = ambassador.log.find(({ log }) => log === 'access');
  assert.deepEqual([line?.['path'], line?.['reason']], ['/payments/slow', 'shutting_down']);
});

test('a second SIGTERM ends it at once', async (t) => {
  const ambassador = await startServing(t, '60s');
  const slow = get(`${ambassador.url}/payments/slow?ms=30000`, new Agent());
  const cut = assert.rejects(slow, { code: 'ECONNRESET' });
  await untilOpen(ambassador);

  ambassador.signal('SIGTERM');
  await ambassador.logged(/^stopping/);
  assert.deepEqual(await ambassador.stop(), { code: 143, signal: null });
  await cut;
});

test('signals without a meaning and SIGHUP do not end it, and open no debugger', async (t) => {
  const ambassador = await startServing(t, '10s');
  for (const signal of WITHOUT_MEANING) {
    ambassador.signal(signal);
    await ambassador.logged(new RegExp(`^${signal}, which means nothing here`));
  }
  ambassador.signal('SIGHUP');
  await ambassador.logged(/^The configuration was read again/);
  assert.equal((await get(`${ambassador.url}/payments/charge`, new Agent())).status, 200);
});

test('signals count from the first line of the log: SIGHUP does not end it, SIGTERM does, in order', async (t) => {
  for (const signal of ['SIGHUP', 'SIGTERM'] as const) {
    const file = configFile({
      listen: '127.0.0.1:0',
      admin: { listen: '127.0.0.1:0' },
      discovery: { services: 'declared' },
      services: { payments: { discover: { endpoints: ['127.0.0.1:1'] } } },
    });
    const ambassador = spawnAmbassador(t, ['run', '-c', file]);
    await eventually(() => assert.notEqual(ambassador.log.length, 0));
    ambassador.signal(signal);
    if (signal === 'SIGHUP') {
      await ambassador.logged(/^The configuration was read again/);
      ambassador.signal('SIGTERM');
    }
    assert.deepEqual(await ambassador.ended, { code: 0, signal: null });
  }
});

test('signals do not end it while it still reads its configuration, and SIGHUP is followed by a reload', async (t) => {
  const text = JSON.stringify({
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    discovery: { services: 'declared' },
    services: { payments: { discover: { endpoints: ['127.0.0.1:1'] } } },
  });
  const file = join(temporaryFolder(), 'ambassador.yaml');
  execFileSync('mkfifo', [file]);
  const ambassador = spawnAmbassador(t, ['run', '-c', file]);
  const pipe = await open(file, 'w');
  for (const signal of WITHOUT_MEANING) ambassador.signal(signal);
  ambassador.signal('SIGHUP');
  rmSync(file);
  writeFileSync(file, text);
  await pipe.writeFile(text);
  await pipe.close();
  await ambassador.logged(/^The configuration was read again/);
  assert.doesNotMatch(ambassador.stderr, /Debugger/);
});

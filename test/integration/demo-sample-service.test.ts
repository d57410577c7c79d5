import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { startSampleService } from '../../src/demo/sample-service.ts';

async function start(t: TestContext): Promise<string> {
  const sample = await startSampleService({
    service: 'payments',
    instance: 'payments-1',
    host: '127.0.0.1',
    port: 0,
  });
  t.after(() => sample.close());
  return `http://127.0.0.1:${sample.port}`;
}

test('any path is answered with who answered and what arrived', async (t) => {
  const url = await start(t);
  const response = await fetch(`${url}/charge?id=7`, { method: 'POST', body: '{"amount":12}' });
  assert.equal(response.status, 200);
  const { headers, ...rest } = JSON.parse(await response.text());
  assert.deepEqual(rest, {
    service: 'payments',
    instance: 'payments-1',
    method: 'POST',
    path: '/charge?id=7',
    body: '{"amount":12}',
  });
  assert.equal(headers['content-length'], '13');
});

test('the health check answers the status it was told to', async (t) => {
  const url = await start(t);
  assert.equal((await fetch(`${url}/health`)).status, 200);
  await fetch(`${url}/health?status=503`, { method: 'POST' });
  assert.equal((await fetch(`${url}/health`)).status, 503);
  await fetch(`${url}/health`, { method: 'POST' });
  assert.equal((await fetch(`${url}/health`)).status, 200);
});

test('/fail fails, with the status asked for', async (t) => {
  const url = await start(t);
  assert.equal((await fetch(`${url}/fail`)).status, 500);
  assert.equal((await fetch(`${url}/fail?status=429`)).status, 429);
});

test('/slow answers no earlier than asked', async (t) => {
  const url = await start(t);
  const before = performance.now();
  await fetch(`${url}/slow?ms=50`);
  assert.ok(performance.now() - before >= 49);
});

test('a body over 1 MiB is refused', async (t) => {
  const url = await start(t);
  const response = await fetch(url, { method: 'POST', body: new Uint8Array(1024 * 1024 + 1) });
  assert.equal(response.status, 413);
});

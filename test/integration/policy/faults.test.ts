import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { systemClock } from '../../../src/core/system-clock.ts';
import { faultsOptions } from '../../../src/policy/faults/fault-options.ts';
import { fallbackOptions } from '../../../src/policy/stale/fallback-options.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RawClient } from '../../support/raw-client.ts';
import { startUpstream } from '../../support/upstreams.ts';

async function faultyProxy(t: TestContext, faults: readonly object[], fallback?: object) {
  const upstream = await startUpstream(t, (_request, response) => {
    response.setHeader('content-length', '1000').end('x'.repeat(1_000));
  });
  const configuredAt = systemClock.now();
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    policy: (policy) => ({
      ...policy,
      configuredAt,
      faults: faultsOptions.parse(faults),
      fallback: fallback === undefined ? undefined : fallbackOptions.parse(fallback),
    }),
  });
  return { upstream, proxy };
}

test('an aborted request never reaches the service', async (t) => {
  const { upstream, proxy } = await faultyProxy(t, [{ abort: 503 }]);
  const response = await fetch(`${proxy.url}/payments`);
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('x-ambassador-fault'), 'abort');
  assert.equal(response.headers.get('content-type'), 'application/problem+json');
  assert.equal(upstream.seen.length, 0);
  assert.deepEqual((await proxy.untilFinished(1))[0]?.flags, ['FI']);
});

test('a request with content can be aborted, and its connection serves on', async (t) => {
  const { proxy } = await faultyProxy(t, [{ abort: 500, header: { name: 'x-chaos' } }]);
  const client = new RawClient(t, proxy.port);
  client.send('POST /payments HTTP/1.1\r\nHost: a\r\nX-Chaos: 1\r\nContent-Length: 5\r\n\r\nhello');
  await client.until(/ 500 /);
  client.send('GET /payments HTTP/1.1\r\nHost: a\r\n\r\n');
  await client.until(/ 200 OK[\s\S]*x{1000}$/);
});

test('a delay longer than the time of the call ends with it', async (t) => {
  const { upstream, proxy } = await faultyProxy(t, [{ delay: '1h' }]);
  const response = await fetch(`${proxy.url}/payments`, { headers: { 'x-request-timeout-ms': '50' } });
  assert.deepEqual([response.status, response.headers.get('x-ambassador-error')], [504, 'deadline_exceeded']);
  assert.equal(upstream.seen.length, 0);
  assert.deepEqual((await proxy.untilFinished(1))[0]?.flags, ['DE', 'DI']);
});

test('a delayed request takes at least so long', async (t) => {
  const { proxy } = await faultyProxy(t, [{ delay: '60ms' }]);
  const response = await fetch(`${proxy.url}/payments`);
  assert.equal((await response.text()).length, 1_000);
  const [facts] = await proxy.untilFinished(1);
  assert.ok((facts?.durationMs ?? 0) >= 59);
  assert.deepEqual(facts?.flags, ['DI']);
});

test('a thin answer takes its time and is whole', async (t) => {
  const { proxy } = await faultyProxy(t, [{ rate: '10000B' }]);
  const response = await fetch(`${proxy.url}/payments`);
  assert.equal(response.headers.get('x-ambassador-fault'), 'rate');
  assert.equal(await response.text(), 'x'.repeat(1_000));
  const [facts] = await proxy.untilFinished(1);
  // 1000 bytes at 10 a millisecond, of which the first 50 ms go out at once.
  assert.ok((facts?.durationMs ?? 0) >= 45);
});

test('a broken answer breaks off after exactly so many bytes, and the endpoint is not blamed', async (t) => {
  const { proxy } = await faultyProxy(t, [{ truncate: '300B' }]);
  for (let i = 1; i <= 10; i++) {
    const client = new RawClient(t, proxy.port);
    client.send('GET /payments HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.match(await client.untilClosed(), /x-ambassador-fault: truncate[\s\S]*\r\n\r\nx{300}$/i);
    const facts = (await proxy.untilFinished(i)).at(-1);
    assert.equal(facts?.reason, 'upstream_reset');
    assert.ok(facts.flags.includes('FI'));
  }
  assert.deepEqual(proxy.transitions, []);
});

test('faults that are over, or for others, leave the service as it is', async (t) => {
  const { proxy } = await faultyProxy(t, [
    { abort: 500, until: '2026-01-01T00:00:00Z' },
    { abort: 500, header: { name: 'x-chaos', value: 'on' } },
    { abort: 500, percentage: 0 },
    { abort: 500, for: '0s' },
  ]);
  const response = await fetch(`${proxy.url}/payments`);
  assert.deepEqual([response.status, response.headers.get('x-ambassador-fault')], [200, null]);
});

test('a fault shows whether the fallback works', async (t) => {
  const { proxy } = await faultyProxy(t, [{ abort: 503 }], { statuses: [503], static: { body: 'fallback' } });
  const response = await fetch(`${proxy.url}/payments`);
  assert.deepEqual([response.status, await response.text()], [200, 'fallback']);
  assert.deepEqual((await proxy.untilFinished(1))[0]?.flags, ['FI', 'FO']);
});

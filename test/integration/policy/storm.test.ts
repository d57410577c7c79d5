// A service that fails wholly and comes back, under 500 requests a second: the outage is not made worse, the circuit
// opens, asks with exactly as many calls as it is told to, and lets everyone back soon.

import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { test } from 'node:test';
import { circuitBreakerOptions } from '../../../src/policy/breaker/circuit-breaker-options.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { startUpstream } from '../../support/upstreams.ts';

const RATE_PER_SECOND = 500;
const OUTAGE_MS = 4_000;

test('an outage under load is bounded, noticed, probed and over', { timeout: 60_000 }, async (t) => {
  let failing = false;
  const upstreams = await Promise.all(
    Array.from({ length: 3 }, () =>
      startUpstream(t, (_request, response) => {
        response.statusCode = failing ? 503 : 200;
        response.end();
      }),
    ),
  );
  const seen = (): number => upstreams.reduce((sum, upstream) => sum + upstream.seen.length, 0);
  const circuitBreaker = circuitBreakerOptions.parse({});
  const proxy = await startProxy(t, {
    services: { payments: upstreams.map(({ port }) => port) },
    policy: (policy) => ({ ...policy, circuitBreaker }),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  t.after(() => agent.destroy());
  const sent: { readonly at: number; status: number; reason: string | undefined }[] = [];
  const send = (): void => {
    const record = { at: performance.now(), status: 0, reason: undefined as string | undefined };
    sent.push(record);
    get(`${proxy.url}/payments`, { agent }, (response) => {
      record.status = response.statusCode ?? 0;
      record.reason = response.headers['x-ambassador-error']?.toString();
      response.resume();
    }).on('error', () => {
      record.status = -1;
    });
  };
  const begun = performance.now();
  const load = setInterval(() => {
    const due = ((performance.now() - begun) / 1000) * RATE_PER_SECOND;
    while (sent.length < due) send();
  }, 2);
  t.after(() => clearInterval(load));

  await eventually(() => assert.ok(sent.filter(({ status }) => status === 200).length > 100));
  const seenBefore = seen();
  const sentBefore = sent.length;
  failing = true;
  const failedAt = performance.now();
  await eventually(() => assert.equal(proxy.circuitTransitions[0]?.to, 'open'));
  assert.ok(performance.now() - failedAt < circuitBreaker.window, 'the circuit opens within one window');
  await eventually(() => assert.ok(performance.now() - failedAt > OUTAGE_MS));

  const calls = seen() - seenBefore;
  const requests = sent.length - sentBefore;
  const { ratio, minPerSecond } = { ratio: 0.2, minPerSecond: 10 };
  const bound = (1 + ratio) * requests + minPerSecond * (OUTAGE_MS / 1000 + 10);
  assert.ok(calls <= bound, `${calls} calls for ${requests} requests, over ${bound}`);
  assert.ok(calls < requests / 2, `${calls} calls for ${requests} requests: the circuit spares the service`);
  assert.ok(
    sent.some(({ reason }) => reason === 'circuit_open'),
    'callers learn why',
  );

  failing = false;
  const recoveredAt = performance.now();
  await eventually(() => assert.equal(proxy.circuitTransitions.at(-1)?.to, 'closed'));
  await eventually(() => {
    const recent = sent.filter(({ at, status }) => at > recoveredAt && status !== 0);
    const lastFailure = recent.findLast(({ status }) => status !== 200);
    const soundFor = (recent.at(-1)?.at ?? 0) - (lastFailure?.at ?? recoveredAt);
    assert.ok(soundFor > 1_000, `sound for ${soundFor} ms`);
    const tookMs = (lastFailure?.at ?? recoveredAt) - recoveredAt;
    assert.ok(tookMs < 2_000, `full service after ${tookMs} ms`);
  });

  // Each half-open phase let exactly as many calls through as it was told to, and refused all others.
  clearInterval(load);
  const phases = proxy.circuitTransitions.flatMap(({ to, at }, index) =>
    to === 'half_open'
      ? [{ from: at, until: proxy.circuitTransitions[index + 1]?.at ?? Number.POSITIVE_INFINITY }]
      : [],
  );
  assert.ok(phases.length > 0);
  await eventually(() => {
    for (const { from, until } of phases) {
      const probes = proxy.finished.filter(({ attempts: [first] }) => {
        return first !== undefined && first.startedAt >= from && first.startedAt < until;
      });
      assert.equal(probes.length, circuitBreaker.probes);
    }
  });
});

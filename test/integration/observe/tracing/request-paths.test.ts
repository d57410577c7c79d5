// The spans of requests that do not go the plain way: hedged, upgraded, streamed, shared, answered by another service.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { get } from 'node:http';
import { test } from 'node:test';
import { systemRandom } from '../../../../src/core/random.ts';
import { spansOf } from '../../../../src/observe/tracing/span.ts';
import { Tracer } from '../../../../src/observe/tracing/tracer.ts';
import { coalescingOptions } from '../../../../src/policy/coalescing/coalescing-options.ts';
import { hedgingOptions } from '../../../../src/policy/hedging/hedging-options.ts';
import { fallbackOptions } from '../../../../src/policy/stale/fallback-options.ts';
import { eventually } from '../../../support/eventually.ts';
import type { ProxyUnderTest } from '../../../support/proxy-under-test.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { RawClient } from '../../../support/raw-client.ts';
import { startUpstream, unusedPort } from '../../../support/upstreams.ts';

const tracer = new Tracer({ ratio: 1, parentBased: true }, systemRandom);

/** Of the request that ended last. */
async function lastSpans(proxy: ProxyUnderTest, finished: number) {
  const facts = (await proxy.untilFinished(finished)).at(-1);
  assert.ok(facts);
  const [request, ...attempts] = spansOf(facts);
  assert.ok(request);
  for (const attempt of attempts) {
    assert.equal(attempt.parentId, request.spanId);
    assert.ok(request.startMs <= attempt.startMs && attempt.endMs <= request.endMs);
  }
  return { request, attempts };
}

test('of a hedged request both attempts are spans, and the slower one is no error', async (t) => {
  const seen: unknown[] = [];
  let stalls = false;
  const a = await startUpstream(t, (request, response) => {
    if (stalls) seen.push(request.headers['traceparent']);
    else response.end('a');
  });
  const b = await startUpstream(t, (request, response) => {
    seen.push(request.headers['traceparent']);
    response.end('b');
  });
  const proxy = await startProxy(t, {
    services: {
      payments: [
        { id: 'a', port: a.port },
        { id: 'b', port: b.port },
      ],
    },
    tracer,
    random: () => 0,
    policy: (policy) => ({
      ...policy,
      hedging: hedgingOptions.parse({ maxExtraPercent: 100 }),
      loadBalancer: { ...policy.loadBalancer, policy: 'random' },
    }),
  });
  for (let i = 0; i < 5; i++) await (await fetch(`${proxy.url}/payments`)).text();
  stalls = true;
  assert.equal(await (await fetch(`${proxy.url}/payments`)).text(), 'b');
  const { request, attempts } = await lastSpans(proxy, 6);
  assert.deepEqual(
    attempts.map(({ spanId }) => `00-${request.traceId}-${spanId}-01`),
    seen,
  );
  assert.deepEqual(
    attempts.map(({ error }) => error),
    [undefined, undefined],
  );
});

test('the span of an upgraded request lasts as long as its tunnel', async (t) => {
  let traceparent: unknown;
  const upstream = await startUpstream(t, () => {});
  upstream.server.on('upgrade', (request, socket) => {
    traceparent = request.headers['traceparent'];
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
    socket.on('data', (chunk: Buffer) => socket.write(chunk));
    socket.on('end', () => socket.end());
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] }, tracer });
  const client = new RawClient(t, proxy.port);
  client.send('GET /payments/ HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n');
  await client.until(/101/);
  client.send('one');
  await client.until(/one$/);
  client.socket.end();
  await client.untilClosed();
  const { request, attempts } = await lastSpans(proxy, 1);
  assert.equal(attempts[0]?.endMs, request.endMs);
  assert.equal(traceparent, `00-${request.traceId}-${attempts[0]?.spanId}-01`);
});

test('the span of an attempt lasts until its answer is whole', async (t) => {
  const open: ServerResponse[] = [];
  const upstream = await startUpstream(t, (_request, response) => {
    open.push(response);
    response.write('head');
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] }, tracer });
  const answer = await fetch(`${proxy.url}/payments`);
  const headAt = performance.now();
  await eventually(() => assert.ok(performance.now() > headAt + 20));
  open[0]?.end('tail');
  assert.equal(await answer.text(), 'headtail');
  const { attempts } = await lastSpans(proxy, 1);
  const [attempt] = attempts;
  assert.ok(
    attempt && attempt.endMs - attempt.startMs > Number(attempt.attributes['ambassador.head_ms']) + 15,
  );
});

test('a caller that leaves ends its spans, and is no error', async (t) => {
  const upstream = await startUpstream(t, () => {});
  const proxy = await startProxy(t, { services: { payments: [upstream.port] }, tracer });
  const request = get(`${proxy.url}/payments`);
  request.on('error', () => {});
  await once(upstream.server, 'request');
  request.destroy();
  const spans = await lastSpans(proxy, 1);
  assert.equal(spans.request.attributes['ambassador.reason'], 'client_gone');
  assert.deepEqual([spans.request.error, spans.attempts[0]?.error], [undefined, undefined]);
});

test('callers that share an answer have a span each, and only the first one an attempt', async (t) => {
  const open: ServerResponse[] = [];
  const upstream = await startUpstream(t, (_request, response) => open.push(response));
  const proxy = await startProxy(t, {
    services: { payments: [upstream.port] },
    tracer,
    policy: (policy) => ({ ...policy, coalescing: coalescingOptions.parse({}) }),
  });
  const answers = Array.from({ length: 3 }, () => fetch(`${proxy.url}/payments/7`));
  await eventually(() => assert.equal(proxy.forwarder.active, 3));
  await eventually(() => assert.equal(open.length, 1));
  open[0]?.end('the answer');
  await Promise.all(answers);
  const spans = (await proxy.untilFinished(3)).map(spansOf);
  assert.deepEqual(
    spans.map(({ length }) => length).toSorted((a, b) => a - b),
    [1, 1, 2],
  );
  assert.equal(new Set(spans.map(([request]) => request?.traceId)).size, 3);
});

test('an attempt at the service that answers in the place of another carries that one’s name', async (t) => {
  const other = await startUpstream(t, (_request, response) => response.end('other'));
  const proxy = await startProxy(t, {
    services: { payments: [await unusedPort()], 'payments-eu': [other.port] },
    tracer,
    policy: (policy) => ({ ...policy, fallback: fallbackOptions.parse({ service: 'payments-eu' }) }),
  });
  assert.equal(await (await fetch(`${proxy.url}/payments`)).text(), 'other');
  const { attempts } = await lastSpans(proxy, 1);
  assert.equal(attempts.at(-1)?.attributes['peer.service'], 'payments-eu');
  assert.equal(attempts[0]?.attributes['peer.service'], 'payments');
});

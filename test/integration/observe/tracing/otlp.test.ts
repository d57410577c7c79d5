// Traces across an application, the ambassador as its user runs it, and a service, as they arrive at a receiver.

import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import type { AmbassadorProcess } from '../../../support/ambassador-process.ts';
import { startAmbassador } from '../../../support/ambassador-process.ts';
import type { ReceivedSpan } from '../../../support/otlp-receiver.ts';
import { startOtlpReceiver } from '../../../support/otlp-receiver.ts';
import { startUpstream, unusedPort } from '../../../support/upstreams.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const APP_SPAN = 'b7ad6b7169203331';
const SAMPLED = `00-${TRACE}-${APP_SPAN}-01`;

type After = Parameters<typeof startAmbassador>[0];

function start(
  t: After,
  tracing: unknown,
  ports: readonly number[],
  policy = {},
): Promise<AmbassadorProcess> {
  return startAmbassador(t, {
    // No Consul is asked for endpoints that the file names.
    consul: 'http://127.0.0.1:1',
    config: {
      discovery: { services: 'declared' },
      services: {
        payments: { discover: { endpoints: ports.map((port) => `127.0.0.1:${port}`) }, ...policy },
      },
      tracing,
    },
  });
}

function byKind(spans: readonly ReceivedSpan[], kind: number): ReceivedSpan[] {
  return spans.filter((span) => span.kind === kind);
}

const SERVER = 2;
const CLIENT = 3;

for (const protocol of ['http/protobuf', 'http/json']) {
  test(`spans arrive with the right parents across app, ambassador and service (${protocol})`, async (t) => {
    const receiver = await startOtlpReceiver(t);
    const seen: IncomingHttpHeaders[] = [];
    const service = await startUpstream(t, (request, response) => {
      seen.push(request.headers);
      response.end('ok');
    });
    const otlp = { endpoint: receiver.url, protocol, headers: { 'x-api-key': 'secret' } };
    const ambassador = await start(t, { otlp }, [service.port]);

    const answer = await fetch(`${ambassador.url}/payments/charge?card=4111111111111111`, {
      headers: { traceparent: SAMPLED, tracestate: 'vendor=1' },
    });
    assert.equal(answer.status, 200);

    const spans = await receiver.untilSpans(2);
    const [request] = byKind(spans, SERVER);
    const [attempt] = byKind(spans, CLIENT);
    assert.ok(request && attempt);
    assert.equal(request.traceId, TRACE);
    assert.equal(request.parentSpanId, APP_SPAN);
    assert.equal(attempt.traceId, TRACE);
    assert.equal(attempt.parentSpanId, request.spanId);
    assert.equal(seen[0]?.['traceparent'], `00-${TRACE}-${attempt.spanId}-01`);
    assert.equal(seen[0]?.['tracestate'], 'vendor=1');
    assert.ok(request.start <= attempt.start && attempt.end <= request.end);
    assert.equal(receiver.headers['x-api-key'], 'secret');

    assert.equal(request.name, 'GET payments');
    assert.equal(request.resource['service.name'], 'consul-ambassador');
    assert.equal(request.attributes['http.request.method'], 'GET');
    assert.equal(request.attributes['url.path'], '/payments/charge');
    assert.equal(request.attributes['http.response.status_code'], 200);
    assert.equal(attempt.attributes['url.full'], `http://127.0.0.1:${service.port}/charge`);
    assert.equal(attempt.attributes['server.address'], '127.0.0.1');
    assert.equal(attempt.attributes['server.port'], service.port);
    assert.equal(attempt.attributes['peer.service'], 'payments');
    assert.deepEqual([request.status, attempt.status], [0, 0]);
    assert.equal(
      JSON.stringify([request.attributes, attempt.attributes]).includes('4111111111111111'),
      false,
    );

    const accept = 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5';
    const metrics = await fetch(`${ambassador.adminUrl}/metrics`, { headers: { accept } });
    assert.ok((await metrics.text()).includes(`# {trace_id="${TRACE}"}`));
  });
}

test('a retry is a span of its own under the same request', async (t) => {
  const receiver = await startOtlpReceiver(t);
  const seen: (string | undefined)[] = [];
  const service = await startUpstream(t, (request, response) => {
    seen.push(String(request.headers['traceparent']).split('-')[2]);
    response.writeHead(seen.length === 1 ? 503 : 200).end();
  });
  const ambassador = await start(t, { otlp: { endpoint: receiver.url } }, [service.port]);
  assert.equal((await fetch(`${ambassador.url}/payments/charge`)).status, 200);

  const spans = await receiver.untilSpans(3);
  const [request] = byKind(spans, SERVER);
  const attempts = byKind(spans, CLIENT);
  assert.equal(request?.parentSpanId, '', 'the trace begins at the ambassador');
  assert.deepEqual(
    attempts.map(({ parentSpanId }) => parentSpanId),
    [request?.spanId, request?.spanId],
  );
  assert.deepEqual(
    attempts.map(({ spanId }) => spanId),
    seen,
  );
  assert.deepEqual(
    attempts.map(({ attributes }) => attributes['http.request.resend_count']),
    [undefined, 1],
  );
  assert.deepEqual(
    attempts.map(({ attributes, status }) => [attributes['error.type'], status]),
    [
      ['503', 2],
      [undefined, 0],
    ],
  );
  assert.equal(request?.status, 0);
});

test('an answer of the ambassador’s own is an error of that type, and names its trace', async (t) => {
  const receiver = await startOtlpReceiver(t);
  const ambassador = await start(t, { otlp: { endpoint: receiver.url } }, [await unusedPort()]);
  const answer = await fetch(`${ambassador.url}/payments/charge`, { headers: { traceparent: SAMPLED } });
  assert.equal(answer.status, 503);
  assert.equal(JSON.parse(await answer.text())['traceId'], TRACE);
  const spans = await receiver.untilSpans(2);
  for (const span of spans) {
    assert.equal(span.attributes['error.type'], 'connect_failure');
    assert.equal(span.status, 2);
  }
});

test('a caller that speaks B3 is answered in kind', async (t) => {
  const receiver = await startOtlpReceiver(t);
  const seen: IncomingHttpHeaders[] = [];
  const service = await startUpstream(t, (request, response) => {
    seen.push(request.headers);
    response.end();
  });
  const ambassador = await start(t, { otlp: { endpoint: receiver.url } }, [service.port]);
  await fetch(`${ambassador.url}/payments/`, { headers: { b3: `${TRACE}-${APP_SPAN}-1` } });
  const [request] = byKind(await receiver.untilSpans(2), SERVER);
  const [attempt] = byKind(receiver.spans, CLIENT);
  assert.deepEqual([request?.traceId, request?.parentSpanId], [TRACE, APP_SPAN]);
  assert.equal(seen[0]?.['b3'], `${TRACE}-${attempt?.spanId}-1-${request?.spanId}`);
  assert.equal(seen[0]?.['traceparent'], `00-${TRACE}-${attempt?.spanId}-01`);
});

test('what waits is sent before the process ends', async (t) => {
  const receiver = await startOtlpReceiver(t);
  const service = await startUpstream(t, (_request, response) => response.end());
  const ambassador = await start(t, { otlp: { endpoint: receiver.url } }, [service.port]);
  await fetch(`${ambassador.url}/payments/`);
  assert.equal((await ambassador.stop()).code, 0);
  assert.equal(receiver.spans.length, 2);
});

test('without a receiver what a caller says of a trace passes through untouched', async (t) => {
  const seen: IncomingHttpHeaders[] = [];
  const service = await startUpstream(t, (request, response) => {
    seen.push(request.headers);
    response.end();
  });
  const ambassador = await start(t, {}, [service.port]);
  await fetch(`${ambassador.url}/payments/`, { headers: { traceparent: SAMPLED, b3: '0' } });
  await fetch(`${ambassador.url}/payments/`);
  assert.deepEqual(
    seen.map(({ traceparent, b3 }) => [traceparent, b3]),
    [
      [SAMPLED, '0'],
      [undefined, undefined],
    ],
  );
});

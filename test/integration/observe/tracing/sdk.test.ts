// An application and a service that OpenTelemetry's own SDK instruments, with the ambassador between them, all of them
// exporting to one receiver: one trace, whole.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { Context, Tracer } from '@opentelemetry/api';
import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  ROOT_CONTEXT,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { startAmbassador } from '../../../support/ambassador-process.ts';
import type { ReceivedSpan } from '../../../support/otlp-receiver.ts';
import { startOtlpReceiver } from '../../../support/otlp-receiver.ts';
import { startUpstream } from '../../../support/upstreams.ts';

const propagator = new W3CTraceContextPropagator();

function tracerOf(t: TestContext, name: string, receiver: string): Tracer {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': name }),
    spanProcessors: [
      new SimpleSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${receiver}/v1/traces` }) }),
    ],
  });
  t.after(() => provider.shutdown());
  return provider.getTracer('test');
}

/** From the root to the leaf: each span's service, and its kind as OTLP numbers it. */
function chain(spans: readonly ReceivedSpan[]): string[] {
  const names: string[] = [];
  let parent = '';
  for (;;) {
    const child = spans.find(({ parentSpanId }) => parentSpanId === parent);
    if (child === undefined) return names;
    names.push(`${child.resource['service.name']} ${child.kind}`);
    parent = child.spanId;
  }
}

test('an application, the ambassador and a service make one trace', async (t) => {
  const receiver = await startOtlpReceiver(t);
  const serviceTracer = tracerOf(t, 'payments', receiver.url);
  const service = await startUpstream(t, (request, response) => {
    const from: Context = propagator.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
    const span = serviceTracer.startSpan('charge', { kind: SpanKind.SERVER }, from);
    response.end('charged');
    span.end();
  });
  const ambassador = await startAmbassador(t, {
    consul: 'http://127.0.0.1:1',
    config: {
      discovery: { services: 'declared' },
      services: { payments: { discover: { endpoints: [`127.0.0.1:${service.port}`] } } },
      tracing: { otlp: { endpoint: receiver.url }, serviceName: 'ambassador' },
    },
  });

  const span = tracerOf(t, 'shop', receiver.url).startSpan('buy', { kind: SpanKind.CLIENT });
  const headers: Record<string, string> = {};
  propagator.inject(trace.setSpan(ROOT_CONTEXT, span), headers, defaultTextMapSetter);
  assert.equal((await fetch(`${ambassador.url}/payments/charge`, { headers })).status, 200);
  span.end();

  const spans = await receiver.untilSpans(4);
  assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1);
  assert.deepEqual(chain(spans), ['shop 3', 'ambassador 2', 'ambassador 3', 'payments 2']);
});

test('what the application does not record, nobody records', async (t) => {
  const receiver = await startOtlpReceiver(t);
  let traceparent: unknown;
  const service = await startUpstream(t, (request, response) => {
    traceparent = request.headers['traceparent'];
    response.end();
  });
  const ambassador = await startAmbassador(t, {
    consul: 'http://127.0.0.1:1',
    config: {
      discovery: { services: 'declared' },
      services: { payments: { discover: { endpoints: [`127.0.0.1:${service.port}`] } } },
      tracing: { otlp: { endpoint: receiver.url } },
    },
  });
  const unsampled = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00`;
  await fetch(`${ambassador.url}/payments/`, { headers: { traceparent: unsampled } });
  assert.equal(traceparent, unsampled);
  await fetch(`${ambassador.url}/payments/`);
  assert.equal((await receiver.untilSpans(2)).length, 2);
  assert.equal((await ambassador.stop()).code, 0);
  assert.equal(receiver.spans.length, 2);
});

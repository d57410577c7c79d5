// A receiver of traces that is down, slow or unwilling: requests do not notice, and what is lost is counted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AmbassadorProcess } from '../../../support/ambassador-process.ts';
import { startAmbassador } from '../../../support/ambassador-process.ts';
import { eventually } from '../../../support/eventually.ts';
import { startOtlpReceiver } from '../../../support/otlp-receiver.ts';
import { startTcpUpstream, startUpstream, unusedPort } from '../../../support/upstreams.ts';

type After = Parameters<typeof startUpstream>[0];

async function start(t: After, endpoint: string): Promise<AmbassadorProcess> {
  const service = await startUpstream(t, (_request, response) => response.end());
  return startAmbassador(t, {
    consul: 'http://127.0.0.1:1',
    config: {
      discovery: { services: 'declared' },
      services: { payments: { discover: { endpoints: [`127.0.0.1:${service.port}`] } } },
      tracing: { otlp: { endpoint } },
      drain: { timeout: '1s' },
    },
  });
}

/** @returns how many were answered as if nothing were wrong */
async function callAll(ambassador: AmbassadorProcess, count: number): Promise<number> {
  let good = 0;
  for (let left = count; left > 0; left -= 50) {
    const batch = Array.from({ length: Math.min(50, left) }, async () => {
      const answer = await fetch(`${ambassador.url}/payments/`);
      await answer.arrayBuffer();
      if (answer.status === 200) good++;
    });
    await Promise.all(batch);
  }
  return good;
}

function dropped(ambassador: AmbassadorProcess, reason: string): Promise<number> {
  return ambassador.metric('ambassador_tracing_spans_dropped_total', new RegExp(`reason="${reason}"`));
}

test('nobody listens: every request is answered, and spans beyond the queue are dropped and counted', async (t) => {
  const ambassador = await start(t, `http://127.0.0.1:${await unusedPort()}`);
  // Two spans each: more than the queue holds, with a batch on its way.
  assert.equal(await callAll(ambassador, 2_500), 2_500);
  await eventually(async () => assert.ok((await dropped(ambassador, 'queue_full')) > 0));
  const waiting = await ambassador.metric('ambassador_tracing_spans_waiting');
  assert.ok(waiting <= 4_096);
  const told = ambassador.log.filter(({ msg }) => /Traces cannot be delivered/.test(String(msg)));
  assert.equal(told.length, 1);
  assert.match(String(told[0]?.['detail']), /ECONNREFUSED/);
});

test('a receiver that never answers holds up neither requests nor the end of the process', async (t) => {
  const silent = await startTcpUpstream(t, () => {});
  const ambassador = await start(t, `http://127.0.0.1:${silent.port}`);
  assert.equal(await callAll(ambassador, 20), 20);
  await eventually(() => assert.equal(silent.sockets.length, 1));
  const stoppedAt = performance.now();
  assert.equal((await ambassador.stop()).code, 0);
  // Its drain limit is one second; without a limit it would wait ten for the receiver.
  assert.ok(performance.now() - stoppedAt < 8_000);
});

test('a receiver that answers 500 gets each batch once', async (t) => {
  const receiver = await startOtlpReceiver(t, (response) => {
    response.writeHead(500).end();
    return true;
  });
  const ambassador = await start(t, receiver.url);
  assert.equal(await callAll(ambassador, 10), 10);
  await eventually(async () => assert.equal(await dropped(ambassador, 'refused'), 20));
  assert.equal(await ambassador.metric('ambassador_tracing_spans_exported_total'), 0);
});

test('a receiver that asks for patience gets the same batch again', async (t) => {
  const receiver = await startOtlpReceiver(t, (response, batch) => {
    if (batch > 0) return false;
    response.writeHead(429, { 'retry-after': '1' }).end();
    return true;
  });
  const ambassador = await start(t, receiver.url);
  assert.equal(await callAll(ambassador, 10), 10);
  await receiver.untilSpans(20);
  assert.equal(receiver.batches, 2);
  await eventually(async () =>
    assert.equal(await ambassador.metric('ambassador_tracing_spans_exported_total'), 20),
  );
  assert.equal(await ambassador.metric('ambassador_tracing_spans_dropped_total'), 0);
});

// What comes of one batch at a receiver, by its answers and by the ways of its connections.

import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { systemClock } from '../../../../src/core/system-clock.ts';
import type { OtlpProtocol } from '../../../../src/observe/tracing/otlp-encoder.ts';
import { otlpEncoder } from '../../../../src/observe/tracing/otlp-encoder.ts';
import { OtlpReceiver } from '../../../../src/observe/tracing/otlp-receiver.ts';
import type { Span } from '../../../../src/observe/tracing/span.ts';
import { startUpstream, unusedPort } from '../../../support/upstreams.ts';

const SPAN: Span = {
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  parentId: undefined,
  parentIsRemote: false,
  kind: 'server',
  name: 'GET payments',
  startMs: 1,
  endMs: 2,
  error: undefined,
  attributes: {},
};

const patience = new AbortController().signal;

async function receiverAt(
  t: TestContext,
  port: number,
  protocol: OtlpProtocol = 'http/json',
  timeoutMs = 10_000,
) {
  const encoder = await otlpEncoder({ protocol, resource: {}, version: '1' });
  const url = new URL(`http://127.0.0.1:${port}/v1/traces`);
  const receiver = new OtlpReceiver({ url, headers: {}, timeoutMs, encoder, clock: systemClock });
  t.after(() => receiver.close());
  return receiver;
}

async function answering(t: TestContext, listener: RequestListener, protocol?: OtlpProtocol) {
  const { port } = await startUpstream(t, listener);
  return receiverAt(t, port, protocol);
}

test('2xx takes a batch, and may reject a part of it, in either encoding', async (t) => {
  const json = await answering(t, (_request, response) =>
    response.end('{"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}}'),
  );
  assert.deepEqual(await json.deliver([SPAN], patience), { kind: 'taken', rejected: 3 });
  // Field 1, a message of two bytes: its field 1, the varint 3.
  const protobuf = await answering(
    t,
    (_request, response) => response.end(Buffer.from([0x0a, 0x02, 0x08, 0x03])),
    'http/protobuf',
  );
  assert.deepEqual(await protobuf.deliver([SPAN], patience), { kind: 'taken', rejected: 3 });
  const odd = await answering(t, (_request, response) => response.end('thank you'));
  assert.deepEqual(await odd.deliver([SPAN], patience), { kind: 'taken', rejected: 0 });
});

test('429, 502, 503 and 504 are for later, with the pause that was asked for; any other status is for ever', async (t) => {
  let status = 0;
  const receiver = await answering(t, (_request, response) =>
    response.writeHead(status, status === 503 ? { 'retry-after': '7' } : {}).end(),
  );
  for (status of [429, 502, 504]) {
    const delivery = await receiver.deliver([SPAN], patience);
    assert.deepEqual(delivery, { kind: 'failed', detail: `it answers ${status}`, retryAfterMs: undefined });
  }
  status = 503;
  const later = await receiver.deliver([SPAN], patience);
  assert.equal(later.kind === 'failed' && later.retryAfterMs, 7_000);
  for (status of [301, 400, 401, 404, 500]) {
    assert.deepEqual(await receiver.deliver([SPAN], patience), {
      kind: 'refused',
      detail: `it answers ${status}`,
    });
  }
});

test('an idle connection that closes just as it is used again is no failure', async (t) => {
  const used = new Set<Socket>();
  const receiver = await answering(t, (request, response) => {
    if (used.has(request.socket)) request.socket.resetAndDestroy();
    else response.end();
    used.add(request.socket);
  });
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await receiver.deliver([SPAN], patience), { kind: 'taken', rejected: 0 });
  }
});

test('a receiver that is not there, does not answer, or answers without end fails', async (t) => {
  const nobody = await receiverAt(t, await unusedPort());
  const refused = await nobody.deliver([SPAN], patience);
  assert.ok(refused.kind === 'failed' && /ECONNREFUSED/.test(refused.detail));

  const { port } = await startUpstream(t, () => {});
  const silent = await receiverAt(t, port, 'http/json', 50);
  assert.deepEqual(await silent.deliver([SPAN], patience), {
    kind: 'failed',
    detail: 'no answer within 50 ms',
    retryAfterMs: undefined,
  });

  const endless = await answering(t, (_request, response) => response.end(Buffer.alloc(100_000)));
  const long = await endless.deliver([SPAN], patience);
  assert.ok(long.kind === 'failed' && /longer than/.test(long.detail));
});

test('a delivery ends when it is cut off', async (t) => {
  const receiver = await answering(t, () => {});
  const cut = new AbortController();
  const delivery = receiver.deliver([SPAN], cut.signal);
  cut.abort();
  assert.equal((await delivery).kind, 'failed');
});

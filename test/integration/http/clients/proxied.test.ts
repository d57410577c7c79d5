// Clients that find the ambassador by HTTP_PROXY and speak more than requests through it: WebSockets and gRPC.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { EnvHttpProxyAgent, WebSocket } from 'undici';
import type { AmbassadorProcess } from '../../../support/ambassador-process.ts';
import { runProgram, startAmbassador } from '../../../support/ambassador-process.ts';
import { eventually } from '../../../support/eventually.ts';
import { LedgerClient, startLedger } from '../../../support/grpc-service.ts';
import { unusedPort } from '../../../support/upstreams.ts';
import { startWebSocketEndpoint } from '../../../support/websocket-endpoint.ts';
import { PYTHON } from './clients.ts';

/** An unmasked frame of text (RFC 6455 §5.2). */
const GREETING = Buffer.from('\x81\x05hello', 'latin1');
const CLOSE = Buffer.from('\x88\x00', 'latin1');
const FEED = 'ws://feed.service.consul/chat';

async function start(t: TestContext, services: object): Promise<AmbassadorProcess> {
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: { discovery: { services: 'declared' }, services },
  });
  await ambassador.untilReady();
  return ambassador;
}

/** A feed that greets every client that sends something. */
async function startFeed(t: TestContext): Promise<AmbassadorProcess> {
  const { port } = await startWebSocketEndpoint(t, (socket) => {
    socket.once('data', () => {
      socket.write(GREETING);
      // What comes next is a Close frame.
      socket.once('data', () => socket.end(CLOSE));
    });
  });
  return start(t, { feed: { discover: { endpoints: [`127.0.0.1:${port}`] } } });
}

/** Looked at when a client is made. */
function setEnvironment(t: TestContext, name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  t.after(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

async function assertServedAsRequest(ambassador: AmbassadorProcess, service: string): Promise<void> {
  await eventually(async () => {
    const labels = new RegExp(`service="${service}"`);
    assert.ok((await ambassador.metric('ambassador_requests_total', labels)) > 0);
  });
}

test("undici's WebSocket with EnvHttpProxyAgent", async (t) => {
  const ambassador = await startFeed(t);
  setEnvironment(t, 'http_proxy', ambassador.url);
  const agent = new EnvHttpProxyAgent();
  t.after(() => agent.destroy());
  const socket = new WebSocket(FEED, { dispatcher: agent });
  const greeting = await new Promise((resolve, reject) => {
    socket.addEventListener('open', () => socket.send('hi'));
    socket.addEventListener('message', ({ data }) => resolve(data));
    socket.addEventListener('error', reject);
  });
  assert.equal(greeting, 'hello');
  socket.close();
  await assertServedAsRequest(ambassador, 'feed');
});

test("Python's websockets with http_proxy", {
  skip: PYTHON === undefined ? 'needs python3, which is not installed' : false,
}, async (t) => {
  const python = PYTHON ?? '';
  const present = await runProgram(python, ['-c', 'import websockets.sync.client, websockets.proxy']);
  if (present.code !== 0) return t.skip('Python has no websockets of 15 or later: pip install websockets');
  const ambassador = await startFeed(t);
  const args = [join(import.meta.dirname, 'websocket-client.py'), FEED];
  const { stdout, stderr } = await runProgram(python, args, { http_proxy: ambassador.url });
  assert.equal(stdout.trim(), 'hello', stderr);
  await assertServedAsRequest(ambassador, 'feed');
});

test('grpc-js with grpc_proxy', async (t) => {
  const ledger = await startLedger(t);
  const ambassador = await start(t, {
    ledger: { protocol: 'grpc', discover: { endpoints: [`127.0.0.1:${ledger.port}`] } },
  });
  setEnvironment(t, 'grpc_proxy', ambassador.url);
  const client = new LedgerClient(t, { target: 'ledger.service.consul:80' });
  const { code, messages } = await client.call('unary', [Buffer.from('through the tunnel')]);
  assert.deepEqual([code, messages.map(String)], [0, ['through the tunnel']]);
  const stream = await client.call('serverStream', [Buffer.from('10,200000')]);
  assert.deepEqual(
    stream.messages.map(({ length }) => length),
    [10, 200_000],
  );
  await assertServedAsRequest(ambassador, 'ledger');
});

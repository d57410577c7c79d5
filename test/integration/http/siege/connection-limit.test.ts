// Every connection to an endpoint in use: a limit of our own, and nothing that the endpoint did.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import type { Respond } from '../../../support/recording-endpoint.ts';
import { startRecordingEndpoint } from '../../../support/recording-endpoint.ts';
import {
  assertRefusal,
  assertUnharmed,
  besiege,
  request,
  untilQuiet,
  untilResponses,
} from '../../../support/siege.ts';
import { fieldOf } from '../../../support/strict-http.ts';

const LIMIT = 100;

/** Event streams for `/events`; an echo for everything else. */
const streaming: Respond = ({ method, target }) =>
  target === '/events'
    ? 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndata:\n\r\n'
    : `HTTP/1.1 200 OK\r\nContent-Length: ${method.length + 1 + target.length}\r\n\r\n${method} ${target}`;

/** A policy whose whole time is short, so that a refusal that waits for it shows. */
const patient = { request: 2_000, connect: 1_000, idle: 60_000 };

describe(`${LIMIT} open event streams to one endpoint`, () => {
  for (const method of ['GET', 'POST']) {
    it(`the next ${method} is refused for the limit, long before its time is over; nobody is ejected, no circuit opens`, async (t) => {
      const siege = await besiege(t, {
        respond: streaming,
        maxConnections: LIMIT,
        policy: (policy) => ({ ...policy, timeout: { ...policy.timeout, ...patient } }),
      });
      const streams = Array.from({ length: LIMIT }, () => siege.client(request('GET', '/events')));
      for (const client of streams) await client.until(/data:/);
      const refused = Array.from({ length: 12 }, () =>
        siege.client(request(method, '/next', method === 'POST' ? 'Content-Length: 0\r\n' : '')),
      );
      for (const client of refused) {
        const [response] = await untilResponses(client, 1);
        assertRefusal(response, [503, 429]);
        const reason = fieldOf(response ?? assert.fail(), 'x-ambassador-error');
        assert.match(`${reason} ${response?.body}`, /limit|maxPerEndpoint|connections/i);
        assert.match(response?.body ?? '', /100/, 'the limit stands in the detail');
        client.socket.destroy();
      }
      const durations = siege.proxy.finished
        .filter(({ status }) => status !== 200)
        .map(({ durationMs }) => durationMs);
      assert.ok(Math.max(...durations) < patient.request, `waited ${Math.max(...durations)} ms`);
      for (const client of streams) client.socket.destroy();
      await assertUnharmed(siege);
    });
  }

  it('the next call fails over to an endpoint that has room', async (t) => {
    const other = await startRecordingEndpoint(t, streaming);
    const siege = await besiege(t, { respond: streaming, maxConnections: LIMIT });
    const streams = Array.from({ length: LIMIT }, () => siege.client(request('GET', '/events')));
    for (const client of streams) await client.until(/data:/);
    siege.proxy.publish('payments', [siege.endpoint.port, other.port]);
    const clients = Array.from({ length: 30 }, (_, i) =>
      siege.client(
        request(i % 2 === 0 ? 'GET' : 'POST', `/${i}`, i % 2 === 0 ? '' : 'Content-Length: 0\r\n'),
      ),
    );
    for (const client of clients) {
      const [response] = await untilResponses(client, 1);
      assert.equal(response?.status, 200, `${response?.body}`);
      client.socket.destroy();
    }
    assert.equal(other.requests.length, 30);
    for (const client of streams) client.socket.destroy();
    await untilQuiet(siege.proxy);
  });

  it('a stream that ends makes room for the next call', async (t) => {
    const siege = await besiege(t, { respond: streaming, maxConnections: 2 });
    const streams = [0, 1].map(() => siege.client(request('GET', '/events')));
    for (const client of streams) await client.until(/data:/);
    streams[0]?.socket.destroy();
    await eventually(() => assert.ok(siege.endpoint.open.size < 2));
    const [response] = await untilResponses(siege.client(request('GET', '/next')), 1);
    assert.equal(response?.status, 200);
    streams[1]?.socket.destroy();
    await assertUnharmed(siege);
  });
});

describe('short calls beyond the limit', () => {
  it('wait for one another and are all served', async (t) => {
    const siege = await besiege(t, { maxConnections: 4 });
    const clients = Array.from({ length: 64 }, (_, i) => siege.client(request('GET', `/${i}`)));
    for (const client of clients) {
      const [response] = await untilResponses(client, 1);
      assert.equal(response?.status, 200, `${response?.body}`);
    }
    assert.ok(siege.endpoint.accepted <= 4 + 1, `${siege.endpoint.accepted} connections`);
    await assertUnharmed(siege);
  });

  it('that wait and leave are forgotten', async (t) => {
    const siege = await besiege(t, { respond: streaming, maxConnections: 1 });
    const stream = siege.client(request('GET', '/events'));
    await stream.until(/data:/);
    for (let i = 0; i < 50; i++) {
      const client = siege.client(request('GET', '/waiting'));
      await new Promise((resolve) => setImmediate(resolve));
      client.socket.destroy();
    }
    await eventually(() => assert.ok(siege.proxy.forwarder.active <= 1));
    stream.socket.destroy();
    await assertUnharmed(siege);
    assert.ok(!siege.endpoint.seen.includes('GET /waiting') || siege.endpoint.seen.length < 50);
  });
});

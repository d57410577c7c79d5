// Attempts that fail in every way there is, while the request's content is still on its way: whatever becomes of the
// call, nothing stays in flight.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadBalancerOptions } from '../../../../src/balancer/options.ts';
import { outlierDetectionOptions } from '../../../../src/outlier/options.ts';
import { circuitBreakerOptions } from '../../../../src/policy/breaker/circuit-breaker-options.ts';
import type { ServicePolicy } from '../../../../src/service/service-policy.ts';
import { eventually } from '../../../support/eventually.ts';
import { startRecordingEndpoint } from '../../../support/recording-endpoint.ts';
import { seededRandom } from '../../../support/seeded-random.ts';
import {
  assertRefusal,
  besiege,
  request,
  sendInSegments,
  untilQuiet,
  untilResponses,
} from '../../../support/siege.ts';
import { startTcpUpstream, unusedPort } from '../../../support/upstreams.ts';

/** So that a failing endpoint is asked again and again. */
const forgiving = (policy: ServicePolicy): ServicePolicy => ({
  ...policy,
  loadBalancer: loadBalancerOptions.parse({ policy: 'roundRobin' }),
  outlierDetection: outlierDetectionOptions.parse({ enforce: 0 }),
  circuitBreaker: circuitBreakerOptions.parse({ enforce: 0 }),
});

describe('an upload whose first endpoint fails, 200 times', () => {
  for (const method of ['PUT', 'POST']) {
    for (const [how, fail] of [
      ['closes at once', 'accept'],
      ['closes after the head', 'head'],
      ['resets after a part', 'reset'],
      ['responds 503 after a part', '503'],
      ['responds with garbage after a part', 'garbage'],
      ['takes no connection', 'refuse'],
    ] as const) {
      it(`${method}, one that ${how}: retried or refused, and nothing stays in flight`, async (t) => {
        const failing = await startTcpUpstream(t, (socket) => {
          if (fail === 'accept') socket.destroy();
          socket.once('data', () => {
            if (fail === 'head') socket.end();
            else if (fail === '503')
              socket.end('HTTP/1.1 503 Down\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno');
            else if (fail === 'garbage') socket.end('garbage\r\n\r\n');
            else socket.resetAndDestroy();
          });
        });
        const good = await startRecordingEndpoint(t);
        const siege = await besiege(t, {
          services: { payments: [fail === 'refuse' ? await unusedPort() : failing.port, good.port] },
          policy: forgiving,
        });
        const random = seededRandom(7);
        const calls = Array.from({ length: 200 }, async (_, i) => {
          const size = Math.ceil(random() * 90_000);
          const content = 'x'.repeat(size);
          const chunked = i % 2 === 0;
          const client = siege.client();
          const message = chunked
            ? request(
                method,
                '/a',
                'Transfer-Encoding: chunked\r\n',
                `${size.toString(16)}\r\n${content}\r\n0\r\n\r\n`,
              )
            : request(method, '/a', `Content-Length: ${size}\r\n`, content);
          await sendInSegments(client, message, () => Math.ceil(size / 4));
          const [response] = await untilResponses(client, 1);
          if (response?.status !== 200 && response?.body !== 'no') assertRefusal(response, [502, 503, 504]);
          assert.notEqual(response?.status, 500, response?.body ?? '');
          client.socket.destroy();
          return size;
        });
        const sizes = new Set(await Promise.all(calls));
        for (const { body } of good.requests) assert.ok(sizes.has(body.length), 'a part passed for a whole');
        assert.deepEqual(good.faults, []);
        await untilQuiet(siege.proxy, { blamed: true });
      });
    }
  }

  it('content that still arrives when the retry is due reaches the next endpoint whole, or the call is refused', async (t) => {
    const failing = await startTcpUpstream(t, (socket) => {
      socket.once('data', () =>
        socket.end('HTTP/1.1 503 Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
      );
    });
    const good = await startRecordingEndpoint(t);
    const siege = await besiege(t, { services: { payments: [failing.port, good.port] }, policy: forgiving });
    for (let i = 0; i < 40; i++) {
      const client = siege.client(request('PUT', '/a', 'Content-Length: 20\r\n', 'x'.repeat(10)));
      await eventually(() => assert.ok(siege.proxy.forwarder.active > 0 || client.received !== ''));
      // Longer than any back-off before a retry.
      if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 60));
      client.send('y'.repeat(10));
      const [response] = await untilResponses(client, 1);
      if (response?.status !== 200 && response?.status !== 503) assertRefusal(response, [502, 504]);
      client.socket.destroy();
    }
    for (const { body } of good.requests) assert.equal(body, 'x'.repeat(10) + 'y'.repeat(10));
    await untilQuiet(siege.proxy, { blamed: true });
  });
});

describe('a client that leaves', () => {
  for (const [when, bytes] of [
    ['before the response', request('GET', '/never')],
    ['while it uploads', request('PUT', '/never', 'Content-Length: 100000\r\n', 'x'.repeat(5_000))],
    ['while the response comes', request('GET', '/begun')],
    [
      'in the middle of pipelined calls',
      request('GET', '/never') + request('GET', '/begun') + request('GET', '/a'),
    ],
  ] as const) {
    it(`${when}: nothing stays in flight, 100 times, and nobody is blamed`, async (t) => {
      const siege = await besiege(t, {
        respond: ({ target }) =>
          target === '/never'
            ? undefined
            : target === '/begun'
              ? 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nsome'
              : 'HTTP/1.1 204 No Content\r\n\r\n',
      });
      for (let i = 0; i < 100; i++) {
        const before = siege.endpoint.bytesReceived;
        const client = siege.client(bytes);
        await eventually(() => assert.ok(siege.endpoint.bytesReceived > before));
        if (i % 2 === 0) client.socket.destroy();
        else client.socket.resetAndDestroy();
      }
      await untilQuiet(siege.proxy);
      await eventually(() => assert.ok(siege.endpoint.open.size <= 1, `${siege.endpoint.open.size} held`));
    });
  }
});

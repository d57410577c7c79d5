// Requests that end in every way there is, in great number; afterwards nothing may be left of them.
// SOAK_REQUESTS=100000 runs the long form.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { Random } from '../../../src/core/random.ts';
import { randomBelow } from '../../../src/core/random.ts';
import { coalescingOptions } from '../../../src/policy/coalescing/coalescing-options.ts';
import { faultsOptions } from '../../../src/policy/faults/fault-options.ts';
import { hedgingOptions } from '../../../src/policy/hedging/hedging-options.ts';
import { adaptiveConcurrencyOptions } from '../../../src/policy/limits/adaptive-concurrency-options.ts';
import { bulkheadOptions } from '../../../src/policy/limits/bulkhead-options.ts';
import { rateLimitOptions } from '../../../src/policy/limits/rate-limit-options.ts';
import { fallbackOptions } from '../../../src/policy/stale/fallback-options.ts';
import { ResponseStore } from '../../../src/policy/stale/response-store.ts';
import { eventually } from '../../support/eventually.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

const REQUESTS = Number(process.env['SOAK_REQUESTS'] ?? 4_000);
const CONCURRENCY = 50;

function chance(random: Random, share: number): boolean {
  return random() < share;
}

/** Sends one request over a connection of its own, and perhaps leaves before the end. */
function call(port: number, random: Random): Promise<void> {
  const method = ['GET', 'POST', 'PUT'][randomBelow(random, 3)];
  const length = method === 'GET' ? 0 : randomBelow(random, 100_000);
  const leavesAfterMs = chance(random, 0.3) ? randomBelow(random, 40) : undefined;
  const sends = chance(random, 0.1) ? randomBelow(random, length + 1) : length;
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(
        `${method} /payments/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`,
      );
      if (sends > 0) socket.write(Buffer.alloc(sends));
      // Not all of it: the rest never comes.
      if (sends < length) setTimeout(() => socket.destroy(), 60);
    });
    if (leavesAfterMs !== undefined) {
      setTimeout(() => (chance(random, 0.5) ? socket.resetAndDestroy() : socket.destroy()), leavesAfterMs);
    }
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}

const EVERYTHING_ON = {
  hedging: hedgingOptions.parse({ percentile: 50, minDelay: '1ms', maxExtraPercent: 100 }),
  coalescing: coalescingOptions.parse({ buffer: '16KiB', patience: '20ms' }),
  fallback: fallbackOptions.parse({ stale: {}, static: { status: 503 }, statuses: [503] }),
  adaptiveConcurrency: adaptiveConcurrencyOptions.parse({ measureEvery: '1s' }),
  rateLimit: rateLimitOptions.parse({ service: { requests: 2_000 } }),
  bulkhead: bulkheadOptions.parse({ maxRequests: 40, maxPendingRequests: 5, maxWait: '20ms' }),
  faults: faultsOptions.parse([
    { delay: '20ms', percentage: 5 },
    { abort: 500, percentage: 2 },
    { rate: '200KiB', percentage: 5 },
    { truncate: '1KiB', percentage: 5 },
  ]),
};

for (const [how, changes] of Object.entries({
  'the default policies': {},
  'every policy switched on': EVERYTHING_ON,
})) {
  test(`with ${how} nothing is left after ${REQUESTS} requests with aborts, resets and timeouts`, {
    timeout: 900_000,
  }, async (t) => {
    const random = seededRandom(1);
    const upstreams = await Promise.all(
      Array.from({ length: 3 }, () =>
        startUpstream(t, (request, response) => {
          // A server that does not read would not notice that its caller is gone.
          request.resume();
          const fate = random();
          if (fate < 0.05) request.socket.resetAndDestroy();
          else if (fate < 0.08) return;
          else if (fate < 0.12) {
            response.writeHead(200, { 'content-length': 100_000 });
            response.write(Buffer.alloc(1_000));
            setTimeout(() => request.socket.destroy(), randomBelow(random, 20));
          } else {
            response.statusCode = fate < 0.2 ? 503 : 200;
            setTimeout(
              () => response.end(Buffer.alloc(randomBelow(random, 50_000))),
              randomBelow(random, 10),
            );
          }
        }),
      ),
    );
    const ports = [...upstreams.map(({ port }) => port), await unusedPort()];
    const responseStore = new ResponseStore(1024 * 1024);
    const proxy = await startProxy(t, {
      services: { payments: ports },
      policy: (policy) => ({
        ...policy,
        ...changes,
        timeout: { request: 400, perTry: 150, connect: 1_000, idle: 300, idleStream: 300 },
      }),
      responseStore,
    });
    let left = REQUESTS;
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        while (left-- > 0) await call(proxy.port, random);
      }),
    );
    const service = proxy.directory.services.get('payments');
    if (service === undefined) throw new Error('expected the service');
    await eventually(() => {
      // A caller that left at once may never have been seen.
      assert.ok(
        proxy.finished.length <= REQUESTS && proxy.finished.length > REQUESTS * 0.95,
        `${proxy.finished.length}`,
      );
      assert.equal(proxy.forwarder.active, 0);
      assert.equal(service.active, 0);
      for (const { id, inFlight } of service.endpoints.members) assert.equal(inFlight, 0, id);
      assert.equal(proxy.replayBudget.used, 0);
      const { bulkhead } = service.protections;
      assert.deepEqual([bulkhead.active, bulkhead.queued], [0, 0]);
    });
    proxy.directory.close();
    assert.deepEqual([responseStore.size, responseStore.bytes], [0, 0]);
    await eventually(() => {
      for (const { connections } of upstreams) assert.equal(connections.size, 0);
      const sockets = process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap');
      assert.equal(sockets.length, 0);
    });
  });
}

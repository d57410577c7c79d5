// Requests that end badly in every way there is. Afterwards the process holds nothing for them.

import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, request } from 'node:http';
import { test } from 'node:test';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { inParallel } from '../../support/load.ts';
import { assertNoGrowth } from '../../support/memory-growth.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

const FATES = {
  '/fine': (response) => response.end('fine'),
  '/reset': (response) => response.socket?.resetAndDestroy(),
  '/half': (response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('half', () => response.socket?.resetAndDestroy());
  },
  '/silent': () => {},
  '/error': (response) => response.writeHead(503).end('later'),
} as const satisfies Record<string, (response: ServerResponse) => void>;

const PATHS = Object.keys(FATES);

function fateOf({ url }: IncomingMessage): (response: ServerResponse) => void {
  const [, fate] = Object.entries(FATES).find(([path]) => path === url) ?? [];
  return fate ?? FATES['/fine'];
}

interface Doing {
  readonly url: string;
  readonly agent: Agent;
  readonly body: Buffer | undefined;
  /** Milliseconds until the caller leaves; undefined when it stays. */
  readonly leavesAfter: number | undefined;
}

/** Resolves however it ends. */
function call({ url, agent, body, leavesAfter }: Doing): Promise<void> {
  return new Promise((resolve) => {
    const outgoing = request(url, { agent, method: body === undefined ? 'GET' : 'PUT' }, (response) => {
      response.on('error', () => {});
      response.resume();
    });
    outgoing.on('error', () => {});
    outgoing.on('close', resolve);
    outgoing.end(body);
    // A client that only closes its side may still want its response.
    if (leavesAfter !== undefined) setTimeout(() => outgoing.socket?.resetAndDestroy(), leavesAfter);
  });
}

interface Holdings {
  readonly inFlight: number;
  readonly replayBytes: number;
  readonly descriptors: number;
}

async function holdings(ambassador: AmbassadorProcess): Promise<Holdings> {
  return {
    inFlight: await ambassador.metric('ambassador_requests_in_flight'),
    replayBytes: await ambassador.metric('ambassador_replay_buffer_bytes'),
    descriptors: ambassador.descriptors,
  };
}

test('after thousands of requests cut short on either side, no request, connection or buffer is left', async (t) => {
  const upstream = await startUpstream(t, (incoming, response) => {
    incoming.resume();
    incoming.on('end', () => fateOf(incoming)(response));
  });
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    memoryProbe: true,
    config: {
      discovery: { services: 'declared' },
      accessLog: { enabled: false },
      defaults: {
        timeout: { perTry: '100ms' },
        connections: { keepAlive: '500ms' },
        // It would keep most of them from being sent at all.
        circuitBreaker: { enabled: false },
      },
      services: { payments: { discover: { endpoints: [`127.0.0.1:${upstream.port}`] } } },
    },
  });
  const random = seededRandom(8);
  const pick = (count: number): number => Math.floor(random() * count);
  const badly = async (count: number): Promise<void> => {
    const agent = new Agent({ keepAlive: true });
    await inParallel(100, count, () =>
      call({
        url: `${ambassador.url}/payments${PATHS[pick(PATHS.length)]}`,
        agent,
        body: random() < 0.3 ? Buffer.alloc(pick(100_000)) : undefined,
        leavesAfter: random() < 0.3 ? pick(150) : undefined,
      }),
    );
    agent.destroy();
  };
  await ambassador.untilReady();
  const { descriptors } = await holdings(ambassador);

  await badly(1_000);
  await assertNoGrowth(ambassador, 300_000, () => badly(2_000));

  await eventually(async () => {
    const left = await holdings(ambassador);
    assert.equal(left.inFlight, 0);
    assert.equal(left.replayBytes, 0);
    assert.ok(left.descriptors <= descriptors, `${left.descriptors} descriptors, ${descriptors} before`);
    assert.equal(upstream.connections.size, 0);
  }, 15_000);
  for (const reason of ['upstream_reset', 'upstream_timeout', 'client_gone']) {
    const count = await ambassador.metric('ambassador_requests_total', new RegExp(reason));
    assert.ok(count > 100, `${count} requests ended by ${reason}`);
  }
  assert.equal(await ambassador.metric('ambassador_requests_total', /service=""/), 0, 'each is counted once');
  assert.deepEqual(await ambassador.stop(), { code: 0, signal: null });
  await ambassador.logged(/^stopping; 0 requests are open$/);
});

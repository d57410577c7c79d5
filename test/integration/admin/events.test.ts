// The stream of events, on real sockets.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { AdminServer } from '../../../src/admin/admin-server.ts';
import type { Overview } from '../../../src/admin/overview-view.ts';
import { setUpObservation } from '../../../src/app/observation.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { TimelineEntry } from '../../../src/observe/timeline/timeline-entry.ts';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { startAmbassador } from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { testForwardProxy } from '../../support/test-forward-proxy.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

const MAX_STREAMS = 32;

test('a stream begins with the overview, and brings what happens with the number to resume from', async (t) => {
  const { ambassador, url } = await startWorld(t);
  const stream = await openStream(t, ambassador);
  assert.equal(stream.response.statusCode, 200);
  assert.equal(stream.response.headers['content-type'], 'text/event-stream');
  assert.equal(stream.response.headers['cache-control'], 'no-store');
  const [first] = await stream.overviews(1);
  assert.equal(first?.services[0]?.name, 'payments');
  await fetch(`${url}/payments/charge?card=4111111111111111`);
  const [entry] = await stream.entries(1);
  assert.equal(entry?.kind, 'request');
  assert.doesNotMatch(stream.text, /4111111111111111/);
  const second = (await stream.overviews(3)).at(-1);
  assert.ok((second?.requests.perSecond ?? 0) > 0);
  assert.equal(typeof second?.eventLoopLagMs, 'number');

  const resumed = await openStream(t, ambassador, { 'last-event-id': String(entry.id - 1) });
  assert.deepEqual((await resumed.entries(1))[0], entry);
  const afterRestart = await openStream(t, ambassador, { 'last-event-id': '999999' });
  assert.ok((await afterRestart.entries(1))[0]);
});

test('no page of another origin, nor one that had its name pointed here, opens a stream', async (t) => {
  const { ambassador } = await startWorld(t);
  for (const headers of [{ origin: 'http://evil.example' }, { host: 'evil.example' }]) {
    assert.equal((await openStream(t, ambassador, headers)).response.statusCode, 403);
  }
});

test('a HEAD holds no stream open', async (t) => {
  const { ambassador } = await startWorld(t);
  assert.equal((await fetch(`${ambassador.adminUrl}/api/events`, { method: 'HEAD' })).status, 404);
});

test('one stream too many is refused until another is closed', async (t) => {
  const { ambassador } = await startWorld(t);
  const streams = await Promise.all(Array.from({ length: MAX_STREAMS }, () => openStream(t, ambassador)));
  assert.equal((await openStream(t, ambassador)).response.statusCode, 503);
  streams[0]?.response.destroy();
  await eventually(async () => {
    assert.equal((await openStream(t, ambassador)).response.statusCode, 200);
  });
});

test('a reader that does not read is let go', async (t) => {
  const clock = new FakeClock();
  const server = startServer(
    t,
    clock,
    Array.from({ length: 10_000 }, (_, i) => `a-service-with-a-name-${i}`),
  );
  const address = await server.listen();
  assert.ok(address.kind === 'tcp');
  const reader = connect({ host: address.host, port: address.port });
  let ended = false;
  reader.on('close', () => {
    ended = true;
  });
  reader.on('error', () => {});
  t.after(() => reader.destroy());
  reader.write('GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await once(reader, 'data');
  reader.pause();
  // Each overview has more than 200 kB: this is far more than two sockets hold, and the rest must not wait here.
  for (let second = 0; second < 120; second++) await clock.advanceAsync(1_000);
  assert.equal(clock.pendingTimers, 0, 'nobody is sent anything any more');
  reader.resume();
  await eventually(() => assert.equal(ended, true));
});

test('at the end of the process every stream ends, after it told of the draining', async (t) => {
  const { ambassador, url, release } = await startWorld(t);
  const stream = await openStream(t, ambassador);
  await stream.overviews(1);
  const slow = fetch(`${url}/payments/slow`);
  await eventually(async () => {
    const overview = (await stream.overviews(1)).at(-1);
    assert.equal(overview?.services[0]?.activeRequests, 1);
  });
  const stopped = ambassador.stop();
  await eventually(async () => {
    assert.equal((await stream.overviews(1)).at(-1)?.readiness.status, 'draining');
  });
  release();
  assert.equal((await slow).status, 200);
  await stream.ended;
  assert.equal((await stopped).code, 0);
});

interface World {
  readonly ambassador: AmbassadorProcess;
  readonly url: string;
  /** Lets the answers to `/slow` go. */
  readonly release: () => void;
}

async function startWorld(t: TestContext): Promise<World> {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const upstream = await startUpstream(t, ({ url }, response) => {
    void (url === '/slow' ? released : Promise.resolve()).then(() => response.end('ok'));
  });
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      services: { payments: { discover: { endpoints: [`127.0.0.1:${upstream.port}`] } } },
      // Longer than it takes until the stream has told of it: it does so once a second.
      drain: { timeout: '1m' },
    },
  });
  return { ambassador, url: ambassador.url, release };
}

interface Stream {
  readonly response: IncomingMessage;
  /** All that came so far. */
  readonly text: string;
  readonly ended: Promise<unknown>;
  /** All overviews so far, once there are so many. */
  overviews(count: number): Promise<readonly Overview[]>;
  entries(count: number): Promise<readonly TimelineEntry[]>;
}

async function openStream(
  t: TestContext,
  { adminUrl }: AmbassadorProcess,
  headers: Readonly<Record<string, string>> = {},
): Promise<Stream> {
  const call = request(`${adminUrl}/api/events`, { headers });
  call.on('error', () => {});
  t.after(() => call.destroy());
  call.end();
  const [response]: IncomingMessage[] = await once(call, 'response');
  assert.ok(response !== undefined);
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  response.on('error', () => {});
  const events = (name: string) =>
    [...text.matchAll(new RegExp(`event: ${name}\\n(?:id: \\d+\\n)?data: (.*)\\n\\n`, 'g'))].map(
      ([, data = '']) => JSON.parse(data),
    );
  const atLeast = (name: string, count: number) =>
    eventually(() => {
      const found = events(name);
      assert.ok(found.length >= count);
      return found;
    });
  return {
    response,
    get text() {
      return text;
    },
    ended: new Promise((resolve) => response.once('close', resolve)),
    overviews: (count) => atLeast('overview', count),
    entries: (count) => atLeast('timeline', count),
  };
}

/** The admin API alone, with a clock that the test moves. */
function startServer(t: TestContext, clock: FakeClock, names: readonly string[]): AdminServer {
  const { stats, timeline, consulStatus } = setUpObservation(clock, silentLogger, () => 1_000);
  const server = new AdminServer({
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    token: undefined,
    allowedHosts: [],
    services: () => new Map(),
    consulDomain: 'consul',
    forwardProxy: testForwardProxy(),
    openRef: () => Promise.reject(new Error('there is none')),
    overrides: {
      open: () => {
        throw new Error('there is none');
      },
      objectionTo: async () => undefined,
    },
    logLevel: { state: () => ({ level: 'info', until: undefined }), set: () => {} },
    knownNames: () => names,
    listening: () => [],
    registration: () => undefined,
    readiness: { state: () => ({ status: 'ready', waitingFor: [] }) },
    metrics: { scrape: () => Promise.resolve({ contentType: 'text/plain', body: '' }) },
    config: () => ({}),
    settings: () => [],
    faults: () => ({ count: 0, last: null }),
    snapshotFault: () => undefined,
    configuration: () => ({ file: null, loadedAt: '', refused: null, waitingForRestart: [], kv: null }),
    reload: () => Promise.resolve({ outcome: 'no_file' }),
    stats,
    timeline,
    consul: { address: '', state: () => consulStatus.state },
    version: '0.0.0',
    host: 'here',
    startedAt: 0,
    clock,
    logger: silentLogger,
  });
  t.after(() => server.close());
  return server;
}

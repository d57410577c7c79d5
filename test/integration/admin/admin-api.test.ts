import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { AdminServerOptions } from '../../../src/admin/admin-server.ts';
import { AdminServer } from '../../../src/admin/admin-server.ts';
import { OPERATIONS } from '../../../src/admin/openapi/operations.ts';
import type { ReadinessReport } from '../../../src/admin/readiness.ts';
import { setUpObservation } from '../../../src/app/observation.ts';
import { systemClock } from '../../../src/core/system-clock.ts';
import type { ListenAddress } from '../../../src/net/listen-address.ts';
import { PrometheusMetrics } from '../../../src/observe/metrics/prometheus.ts';
import { eventually } from '../../support/eventually.ts';
import type { ProxyUnderTest } from '../../support/proxy-under-test.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { testForwardProxy } from '../../support/test-forward-proxy.ts';
import { startUpstream } from '../../support/upstreams.ts';

const TOKEN = 'a-token';
const BEARER = { authorization: `Bearer ${TOKEN}` };

test('/healthz answers', async (t) => {
  const { call } = await startAdmin(t);
  assert.deepEqual(await call('GET', '/healthz'), { status: 200, json: { status: 'ok' } });
});

test('/readyz is 503 with what it waits for while starting or draining, and 200 with the tables when ready', async (t) => {
  let state: ReadinessReport = {
    status: 'starting',
    waitingFor: ['The endpoints of fraud are not known yet.'],
  };
  const { call } = await startAdmin(t, { readiness: { state: () => state } });
  const starting = await call('GET', '/readyz');
  assert.equal(starting.status, 503);
  assert.deepEqual(starting.json.waitingFor, ['The endpoints of fraud are not known yet.']);
  state = { status: 'ready', waitingFor: [] };
  const ready = await call('GET', '/readyz');
  assert.equal(ready.status, 200);
  assert.equal(ready.json.discovery.services[0]?.name, 'payments');
  assert.equal(ready.json.discovery.services[0]?.table.provenance, 'registry');
  state = { status: 'draining', waitingFor: [] };
  assert.equal((await call('GET', '/readyz')).status, 503);
});

test('/metrics is a page in the text format of Prometheus', async (t) => {
  const { ask } = await startAdmin(t);
  const { status, headers, body } = await ask('GET', '/metrics');
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/plain; version=0\.0\.4/);
  assert.match(body, /^ambassador_endpoints\{service="payments",state="available"\} 2$/m);
});

test('/api/services lists the open services, and each can be looked at', async (t) => {
  const { call } = await startAdmin(t);
  const { json } = await call('GET', '/api/services');
  assert.equal(json.services.length, 1);
  assert.equal(json.services[0]?.endpointCounts.available, 2);
  const { json: service } = await call('GET', '/api/services/payments');
  assert.equal(service.table.version, 1);
  assert.deepEqual(
    service.endpoints.map(({ state, usable }) => ({ state, usable })),
    [
      { state: 'available', usable: true },
      { state: 'available', usable: true },
    ],
  );
});

test('an unknown service is 404 with the names there are', async (t) => {
  const { ask, call } = await startAdmin(t);
  const { json, status } = await call('GET', '/api/services/nope');
  assert.equal(status, 404);
  assert.deepEqual(json, {
    type: 'urn:consul-ambassador:unknown_service',
    title: 'Not Found',
    status: 404,
    detail: 'There is no service nope.',
    reason: 'unknown_service',
    services: ['inventory', 'payments'],
  });
  const { headers } = await ask('GET', '/api/services/nope');
  assert.match(String(headers['content-type']), /^application\/problem\+json/);
});

test('a look at a service that has not been called yet opens nothing', async (t) => {
  const { call, proxy } = await startAdmin(t);
  const { status, json } = await call('GET', '/api/services/inventory');
  assert.equal(status, 404);
  assert.equal(json.reason, 'not_called_yet');
  assert.match(json.detail, /^inventory has not been called yet/);
  assert.equal(proxy.directory.services.has('inventory'), false);
});

test('an operator isolates the circuit of a service, which refuses its calls, and closes it again', async (t) => {
  const { call, proxy } = await startAdmin(t);
  await fetch(`${proxy.url}/payments`);
  const isolated = await call('POST', '/api/services/payments/circuit/isolate', { headers: BEARER });
  assert.equal(isolated.json.circuit.state, 'isolated');
  const refused = await fetch(`${proxy.url}/payments`);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get('x-ambassador-error'), 'isolated');
  const closed = await call('POST', '/api/services/payments/circuit/close', { headers: BEARER });
  assert.equal(closed.json.circuit.state, 'closed');
  assert.equal((await fetch(`${proxy.url}/payments`)).status, 200);
});

test('/api/config shows what it is given', async (t) => {
  const { call } = await startAdmin(t, { config: () => ({ admin: { token: '(hidden)' } }) });
  assert.deepEqual(Object((await call('GET', '/api/config')).json).config, { admin: { token: '(hidden)' } });
});

test('an ejected endpoint gets no requests until it is let back', async (t) => {
  const { call, proxy, upstreams, path } = await startAdmin(t);
  const { json, status } = await call('POST', path(0, 'eject'), {
    headers: BEARER,
    json: { durationSeconds: 60 },
  });
  assert.equal(status, 200);
  assert.equal(json.state, 'ejected');
  assert.equal(json.outlier.reason, 'operator');
  assert.ok(json.outlier.remainingMs > 50_000 && json.outlier.remainingMs <= 60_000);
  await callPayments(proxy, 10);
  assert.equal(upstreams[0].seen.length, 0);
  assert.equal((await call('POST', path(0, 'uneject'), { headers: BEARER })).json.state, 'available');
  // Its share is small at first, and chance may pass it over for long.
  await eventually(async () => {
    await callPayments(proxy, 10);
    assert.ok(upstreams[0].seen.length > 0);
  });
});

test('the last endpoint is not ejected', async (t) => {
  const { call, path } = await startAdmin(t);
  assert.equal((await call('POST', path(0, 'eject'), { headers: BEARER })).status, 200);
  const { status, json } = await call('POST', path(1, 'eject'), { headers: BEARER });
  assert.equal(status, 409);
  assert.equal(json.reason, 'last_endpoint');
});

test('a drained endpoint gets no new requests until it is undrained', async (t) => {
  const { call, proxy, upstreams, path, logger } = await startAdmin(t);
  const { json } = await call('POST', path(1, 'drain'), { headers: BEARER });
  assert.equal(json.state, 'drained');
  await callPayments(proxy, 10);
  assert.equal(upstreams[1].seen.length, 0);
  assert.equal((await call('POST', path(1, 'undrain'), { headers: BEARER })).json.state, 'available');
  await callPayments(proxy, 40);
  assert.ok(upstreams[1].seen.length > 0);
  assert.equal(logger.entries.length, 2);
});

test('an unknown endpoint is 404, with or without its slash encoded', async (t) => {
  const { call } = await startAdmin(t);
  const encoded = await call('POST', '/api/services/payments/endpoints/node%2F1/drain', { headers: BEARER });
  assert.equal(encoded.status, 404);
  assert.equal(encoded.json.reason, 'unknown_endpoint');
  const plain = await call('POST', '/api/services/payments/endpoints/node/1/drain', { headers: BEARER });
  assert.equal(plain.status, 404);
  assert.match(plain.json.detail, /%2F/);
});

test('content that is not understood is refused, with what is wrong', async (t) => {
  const { ask, call, path } = await startAdmin(t);
  for (const [json, expected] of [
    [{ durationSeconds: -1 }, /durationSeconds/],
    [{ duration: 5 }, /duration/],
    [[], /content/],
  ] as const) {
    const refused = await call('POST', path(0, 'eject'), { headers: BEARER, json });
    assert.equal(refused.status, 400);
    assert.match(refused.json.detail, expected);
  }
  const form = { ...BEARER, 'content-type': 'application/x-www-form-urlencoded' };
  const { status, body, headers } = await ask('POST', path(0, 'eject'), {
    headers: form,
    body: 'durationSeconds=5',
  });
  assert.equal(status, 415);
  assert.match(body, /application\/json/);
  assert.match(String(headers['content-type']), /^application\/problem\+json/);
});

test('no call changes anything without the token', async (t) => {
  const { ask, proxy, path } = await startAdmin(t);
  for (const operation of ['eject', 'uneject', 'drain', 'undrain']) {
    const refused = await ask('POST', path(0, operation));
    assert.equal(refused.status, 401, operation);
    assert.equal(refused.headers['www-authenticate'], 'Bearer');
  }
  for (const method of ['PUT', 'DELETE']) {
    const refused = await ask(method, '/api/services/payments/override');
    assert.equal(refused.status, 401, method);
  }
  assert.equal(proxy.directory.services.get('payments')?.overriding.current, undefined);
  const members = [...(proxy.directory.services.get('payments')?.endpoints.members ?? [])];
  assert.ok(members.every(({ drained, outlier }) => !drained && outlier.state.kind === 'available'));
});

test('with no token configured every change is refused, with an explanation', async (t) => {
  const { call, path } = await startAdmin(t, { token: undefined });
  const { status, json } = await call('POST', path(0, 'drain'), { headers: BEARER });
  assert.equal(status, 403);
  assert.match(json.detail, /admin\.token/);
});

test('over a unix socket no token is needed, and only its owner may connect', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'ambassador-admin-'));
  t.after(() => rm(directory, { recursive: true }));
  const address = { kind: 'unix', path: join(directory, 'admin.sock') } as const;
  const { call, path } = await startAdmin(t, { address, token: undefined });
  assert.equal((await call('POST', path(0, 'drain'))).status, 200);
  assert.equal((await stat(address.path)).mode & 0o777, 0o600);
});

test('a web page that had its name pointed here reads nothing', async (t) => {
  const { call } = await startAdmin(t);
  for (const target of ['/healthz', '/readyz', '/metrics', '/api/services', '/api/config', '/nothing']) {
    const rebound = await call('GET', target, { headers: { host: 'evil.example:15001' } });
    assert.equal(rebound.status, 403, target);
    const foreign = await call('GET', target, { headers: { origin: 'http://evil.example' } });
    assert.equal(foreign.status, 403, target);
  }
});

test('what is not there, and what is no HTTP, is a problem document too', async (t) => {
  const { ask, address } = await startAdmin(t);
  for (const target of ['/nothing', '/api/services/%zz']) {
    const { status, headers, body } = await ask('GET', target);
    assert.ok(status === 404 || status === 400);
    assert.match(String(headers['content-type']), /^application\/problem\+json/, target);
    assert.equal(JSON.parse(body).status, status);
  }
  assert.ok(address.kind === 'tcp');
  const socket = connect(address.port, address.host);
  socket.end('this is no HTTP\r\n\r\n');
  const answer = await text(socket);
  assert.match(answer, /^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json\r\n/);
});

test('a fault of ours is 500 without its details, which the log has', async (t) => {
  const { ask, logger } = await startAdmin(t, {
    config: () => {
      throw new Error('a secret');
    },
  });
  const { status, body } = await ask('GET', '/api/config');
  assert.equal(status, 500);
  assert.doesNotMatch(body, /a secret/);
  assert.deepEqual(logger.lines, ['error: The admin API failed.']);
});

interface CallOptions {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
  readonly json?: unknown;
}

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** What the tests read of answers, which is never all of it. */
interface Answered {
  readonly name: string;
  readonly circuit: { readonly state: string };
  readonly detail: string;
  readonly reason: string;
  readonly state: string;
  readonly outlier: { readonly reason: string; readonly remainingMs: number };
  readonly services: readonly { readonly endpointCounts: { readonly available: number } }[];
  readonly table: { readonly version: number };
  readonly endpoints: readonly { readonly state: string; readonly usable: boolean }[];
  readonly waitingFor: readonly string[];
  readonly discovery: {
    readonly services: readonly { readonly name: string; readonly table: { readonly provenance: string } }[];
  };
}

interface AdminUnderTest {
  readonly address: ListenAddress;
  readonly proxy: ProxyUnderTest;
  readonly upstreams: readonly [{ readonly seen: string[] }, { readonly seen: string[] }];
  readonly logger: RecordingLogger;
  ask(method: string, target: string, options?: CallOptions): Promise<Answer>;
  call(method: string, target: string, options?: CallOptions): Promise<{ status: number; json: Answered }>;
  /** The path of an operation on one of the two endpoints of payments. */
  path(endpoint: 0 | 1, operation: string): string;
}

test('the routes are those that the OpenAPI description names', async (t) => {
  let drawing = '';
  await startAdmin(t, {
    pages: (app) => {
      drawing = app.printRoutes({ commonPrefix: false });
    },
  });
  const described = OPERATIONS.map(({ method, path }) => `${method} ${path}`);
  assert.deepEqual(new Set(routesIn(drawing)), new Set(described));
});

/** Read from the router's own drawing, in which each level is indented by four. */
function routesIn(drawing: string): string[] {
  const parents: string[] = [];
  const routes: string[] = [];
  for (const line of drawing.split('\n')) {
    const [, indent = '', path = '', methods = ''] =
      /^([│ ]*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    if (path === '') continue;
    const depth = indent.length / 4;
    parents.length = depth;
    const whole = (depth === 0 ? '' : (parents[depth - 1] ?? '')) + path;
    parents.push(whole);
    for (const method of methods.split(', ')) {
      if (['GET', 'POST', 'PUT', 'DELETE'].includes(method)) routes.push(`${method.toLowerCase()} ${whole}`);
    }
  }
  return routes;
}

/** The admin API over a proxy whose service payments has two endpoints and is open. */
async function startAdmin(t: TestContext, given: Partial<AdminServerOptions> = {}): Promise<AdminUnderTest> {
  const upstreams = [
    await startUpstream(t, (_request, response) => response.end('ok')),
    await startUpstream(t, (_request, response) => response.end('ok')),
  ] as const;
  const proxy = await startProxy(t, {
    services: { payments: upstreams.map(({ port }) => port), inventory: [] },
  });
  await proxy.directory.open({ name: 'payments', tag: undefined, datacenter: undefined });
  const logger = new RecordingLogger();
  const observation = setUpObservation(systemClock, logger, () => 0);
  const server = new AdminServer({
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    token: TOKEN,
    allowedHosts: [],
    services: () => proxy.directory.services,
    consulDomain: 'consul',
    forwardProxy: testForwardProxy(),
    openRef: (ref) => proxy.directory.open(ref),
    overrides: { open: (ref) => proxy.directory.openForOverride(ref), objectionTo: async () => undefined },
    logLevel: { state: () => ({ level: 'info', until: undefined }), set: () => {} },
    knownNames: () => ['payments', 'inventory'],
    listening: () => [],
    registration: () => undefined,
    readiness: { state: () => ({ status: 'ready', waitingFor: [] }) },
    metrics: new PrometheusMetrics({
      version: '0.0.0',
      services: () => proxy.directory.services.values(),
      clock: systemClock,
      accessLogDropped: () => 0,
      listenerFaults: () => 0,
      logDropped: () => 3,
      faults: () => 1,
      replayBufferBytes: () => 0,
    }),
    config: () => ({}),
    settings: () => [],
    faults: () => ({ count: 0, last: null }),
    snapshotFault: () => undefined,
    configuration: () => ({
      file: null,
      loadedAt: new Date(0).toISOString(),
      refused: null,
      waitingForRestart: [],
      kv: null,
    }),
    stats: observation.stats,
    timeline: observation.timeline,
    consul: { address: 'http://127.0.0.1:8500', state: () => observation.consulStatus.state },
    version: '0.0.0',
    host: 'here',
    startedAt: 0,
    reload: () => Promise.resolve({ outcome: 'no_file' }),
    clock: systemClock,
    logger,
    ...given,
  });
  const address = await server.listen();
  t.after(() => server.close());
  const ask: AdminUnderTest['ask'] = (method, target, options) => send(address, method, target, options);
  return {
    address,
    proxy,
    upstreams,
    logger,
    ask,
    call: async (method, target, options) => {
      const { status, body } = await ask(method, target, options);
      return { status, json: JSON.parse(body) };
    },
    path: (endpoint, operation) =>
      `/api/services/payments/endpoints/node%2F${upstreams[endpoint].port}/${operation}`,
  };
}

async function send(
  address: ListenAddress,
  method: string,
  path: string,
  { headers = {}, json, body = json === undefined ? undefined : JSON.stringify(json) }: CallOptions = {},
): Promise<Answer> {
  const to =
    address.kind === 'unix' ? { socketPath: address.path } : { host: address.host, port: address.port };
  const type = json === undefined ? {} : { 'content-type': 'application/json' };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ ...to, method, path, headers: { ...type, ...headers } })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
  });
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

async function callPayments(proxy: ProxyUnderTest, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    assert.equal(
      (await send({ kind: 'tcp', host: '127.0.0.1', port: proxy.port }, 'GET', '/payments/x')).status,
      200,
    );
  }
}

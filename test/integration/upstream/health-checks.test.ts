// Active health checks against real endpoints.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { silentObserver } from '../../../src/core/events.ts';
import { systemClock } from '../../../src/core/system-clock.ts';
import type { Transition } from '../../../src/endpoint/ejection.ts';
import type { Transport } from '../../../src/http/attempt.ts';
import { outlierDetectionOptions } from '../../../src/outlier/options.ts';
import { healthCheckRequest } from '../../../src/upstream/health/grpc-health.ts';
import { healthCheckOptions } from '../../../src/upstream/health/health-options.ts';
import { Upstream } from '../../../src/upstream/upstream.ts';
import type { UpstreamEndpoint } from '../../../src/upstream/upstream-endpoint.ts';
import { configFile, spawnAmbassador } from '../../support/ambassador-process.ts';
import { newAuthority } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { DEFAULT_POLICY, testEndpoint } from '../../support/proxy-under-test.ts';
import { testTransport } from '../../support/test-transport.ts';
import { startTlsUpstream, testTlsDialer } from '../../support/tls-endpoints.ts';
import { startTcpUpstream, startUpstream, unusedPort } from '../../support/upstreams.ts';

const QUICK = { interval: '20ms', timeout: '2s', healthyThreshold: 2, unhealthyThreshold: 2 };

/** An upstream of these ports, checked every 20 ms. */
function checked(
  t: TestContext,
  ports: readonly number[],
  check: object,
  transport: Transport = testTransport(),
) {
  const transitions: Transition[] = [];
  const upstream = new Upstream({
    name: 'payments',
    policy: {
      timeout: DEFAULT_POLICY.timeout,
      loadBalancer: DEFAULT_POLICY.loadBalancer,
      outlierDetection: outlierDetectionOptions.parse({ maxEjectionPercent: 100 }),
      healthCheck: healthCheckOptions.parse({ ...QUICK, ...check }),
    },
    source: { start: (sink) => sink.endpoints(ports.map(testEndpoint)), stop: () => {} },
    provenance: 'registry',
    transport,
    clock: systemClock,
    random: () => 0.5,
    observer: {
      ...silentObserver,
      outlierTransition: (_service, _authority, each) => transitions.push(each),
    },
  });
  upstream.start();
  t.after(() => upstream.close());
  const member = (port: number): UpstreamEndpoint =>
    upstream.endpoints.get(`node/${port}`) as UpstreamEndpoint;
  return { upstream, transitions, member };
}

const untilOut = (member: UpstreamEndpoint) =>
  eventually(() => assert.equal(member.outlier.state.kind, 'ejected'));
const untilBack = (member: UpstreamEndpoint) =>
  eventually(() => assert.equal(member.outlier.state.kind, 'available'));

test('HTTP: an endpoint is left alone while its status says so, and is back when it no longer does', async (t) => {
  let status = 200;
  const sick = await startUpstream(t, (_request, response) =>
    response.writeHead(status).end('x'.repeat(100_000)),
  );
  const sound = await startUpstream(t, (_request, response) => response.writeHead(204).end());
  const { transitions, member } = checked(t, [sick.port, sound.port], { http: { path: '/health' } });
  await eventually(() => assert.ok(sick.seen.length > 3 && sound.seen.length > 3));
  assert.deepEqual(new Set([...sick.seen, ...sound.seen]), new Set(['GET /health']));
  status = 500;
  await untilOut(member(sick.port));
  status = 302;
  await untilBack(member(sick.port));
  assert.deepEqual(
    transitions.map(({ type }) => type),
    ['ejected', 'returned'],
  );
  const [ejected] = transitions;
  assert.ok(ejected?.type === 'ejected');
  assert.deepEqual([ejected.reason, ejected.cause], ['health_check', 'GET /health: status 500']);
});

test('HTTP: one that accepts and stays silent, and one that refuses, fail their checks', async (t) => {
  const silent = await startTcpUpstream(t, () => {});
  const sound = await startUpstream(t, (_request, response) => response.end());
  const gone = await unusedPort();
  const check = { http: { path: '/' }, timeout: '50ms' };
  const { member } = checked(t, [silent.port, gone, sound.port], check);
  await untilOut(member(silent.port));
  await untilOut(member(gone));
  assert.match(member(silent.port).outlier.failedCheck ?? '', /no whole response within 50 ms/);
  assert.match(member(gone).outlier.failedCheck ?? '', /ECONNREFUSED/);
  assert.equal(member(sound.port).outlier.state.kind, 'available');
});

/** grpc.health.v1.Health by grpc-js: `status` by service; what it does not know is NOT_FOUND. */
async function startHealth(t: TestContext, status: Map<string, number>): Promise<number> {
  const server = new grpc.Server();
  const same = (bytes: Buffer): Buffer => bytes;
  const check = {
    path: '/grpc.health.v1.Health/Check',
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService(
    { check },
    {
      check: (call: grpc.ServerUnaryCall<Buffer, Buffer>, respond: grpc.sendUnaryData<Buffer>) => {
        const [, known] =
          [...status].find(([name]) => healthCheckRequest(name).subarray(5).equals(call.request)) ?? [];
        if (known === undefined) respond({ code: grpc.status.NOT_FOUND, details: 'unknown service' });
        else respond(null, Buffer.from([0x08, known]));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, at) =>
      error ? reject(error) : resolve(at),
    );
  });
  t.after(() => server.forceShutdown());
  return port;
}

test('gRPC: SERVING passes, NOT_SERVING, an unknown service and a server without the service fail', async (t) => {
  const status = new Map([['ledger', 1]]);
  const sick = await startHealth(t, status);
  const other = await startHealth(t, new Map([['other', 1]]));
  const sound = await startHealth(t, new Map([['ledger', 1]]));
  const without = new grpc.Server();
  const port = await new Promise<number>((resolve) => {
    without.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (_error, at) => resolve(at));
  });
  t.after(() => without.forceShutdown());
  const transport = testTransport({ protocol: 'grpc' });
  const { member } = checked(t, [sick, other, port, sound], { grpc: { service: 'ledger' } }, transport);
  await untilOut(member(other));
  await untilOut(member(port));
  assert.match(member(other).outlier.failedCheck ?? '', /ledger: grpc-status 5 NOT_FOUND/);
  assert.match(member(port).outlier.failedCheck ?? '', /grpc-status 12 UNIMPLEMENTED: the server has no/);
  assert.equal(member(sick).outlier.state.kind, 'available');
  status.set('ledger', 2);
  await untilOut(member(sick));
  assert.match(member(sick).outlier.failedCheck ?? '', /NOT_SERVING/);
  status.set('ledger', 1);
  await untilBack(member(sick));
  assert.equal(member(sound).outlier.state.kind, 'available');
});

test('TCP: a connection is enough in the clear, and a handshake is needed with TLS', async (t) => {
  const plain = await startTcpUpstream(t, () => {});
  const gone = await unusedPort();
  const inTheClear = checked(t, [plain.port, gone], { tcp: {} });
  await untilOut(inTheClear.member(gone));
  await eventually(() => assert.ok(plain.sockets.length > 3));
  assert.equal(inTheClear.member(plain.port).outlier.state.kind, 'available');

  const authority = newAuthority();
  const transport = testTransport({}, systemClock, testTlsDialer({ ca: authority.cert }));
  const secure = createSecureServer(authority.issue({ dns: ['payments.test'] }), (_request, response) => {
    response.end('secure');
  });
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve));
  t.after(() => secure.close());
  const { port } = secure.address() as AddressInfo;
  const nobody = await startTcpUpstream(t, (socket) => socket.end('220 mail\r\n'));
  const asking = await startTlsUpstream(t, {
    ...authority.issue({ dns: ['payments.test'] }),
    ...{ requestCert: true, rejectUnauthorized: true, ca: authority.cert },
  });
  const overTls = checked(t, [port, nobody.port, asking.port], { tcp: {} }, transport);
  await untilOut(overTls.member(nobody.port));
  // It refuses us when the connection stands already.
  await untilOut(overTls.member(asking.port));
  assert.equal(overTls.member(port).outlier.state.kind, 'available');
});

test('HTTP over TLS: the check takes the version that the endpoint chooses', async (t) => {
  const authority = newAuthority();
  const versions: string[] = [];
  const server = createSecureServer(authority.issue({ dns: ['payments.test'] }), (request, response) => {
    versions.push(`${request.httpVersion} ${request.url}`);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const transport = testTransport({}, systemClock, testTlsDialer({ ca: authority.cert }));
  checked(t, [(server.address() as AddressInfo).port], { http: { path: '/live' } }, transport);
  await eventually(() => assert.ok(versions.length > 2));
  assert.deepEqual(new Set(versions), new Set(['2.0 /live']));
});

test('a reload adds checks and takes them away; what is out says why', async (t) => {
  const sick = await startUpstream(t, (request, response) => {
    response.writeHead(request.url === '/health' ? 503 : 200).end();
  });
  const sound = await startUpstream(t, (_request, response) => response.end());
  const configured = (payments: object) => ({
    consul: { address: `http://127.0.0.1:${gone}` },
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    discovery: { services: 'declared' },
    services: {
      payments: {
        discover: { endpoints: [`127.0.0.1:${sick.port}`, `127.0.0.1:${sound.port}`] },
        ...payments,
      },
    },
  });
  const gone = await unusedPort();
  const path = configFile(configured({}));
  const ambassador = spawnAmbassador(t, ['run', '-c', path]);
  await ambassador.logged(/^admin API on /);
  await ambassador.untilReady();
  for (let i = 0; i < 4; i++) await (await fetch(`${ambassador.url}/payments/charge`)).text();
  assert.deepEqual(new Set([...sick.seen, ...sound.seen]), new Set(['GET /charge']));

  const healthCheck = { http: { path: '/health' }, interval: '20ms' };
  writeFileSync(path, JSON.stringify(configured({ healthCheck })));
  ambassador.signal('SIGHUP');
  await ambassador.logged(/is ejected until it passes its health checks: .*GET \/health: status 503/);
  const shown = JSON.stringify(await ambassador.admin('/api/services/payments'));
  assert.match(shown, /It is ejected until it passes its health checks: GET \/health: status 503/);
  assert.match(await ambassador.metrics(), /ambassador_endpoint_ejections_total\{[^}]*health_check/);

  writeFileSync(path, JSON.stringify(configured({})));
  ambassador.signal('SIGHUP');
  await ambassador.logged(/is back; 0 of 2/);
  const before = sick.seen.length;
  await eventually(async () => {
    await (await fetch(`${ambassador.url}/payments/charge`)).text();
    assert.equal(sick.seen.at(-1), 'GET /charge');
  });
  assert.deepEqual(new Set(sick.seen.slice(before)), new Set(['GET /charge']));
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { endWithThisProcess } from '../../../src/demo/leftovers.ts';
import type { Finding } from '../../../src/doctor/finding.ts';
import { configFile, runAmbassador } from '../../support/ambassador-process.ts';
import { newAuthority } from '../../support/certificates.ts';
import { writeEntry } from '../../support/chain-world.ts';
import { startConsulAgent, tokenWith } from '../../support/consul-agent.ts';
import { DnsServer } from '../../support/dns-server.ts';
import { startHttp2Upstream } from '../../support/http2-upstreams.ts';
import { startTlsUpstream } from '../../support/tls-endpoints.ts';
import { startTcpUpstream, startUpstream, unusedPort } from '../../support/upstreams.ts';

interface Examined {
  readonly code: number;
  readonly worst: string;
  readonly findings: readonly Finding[];
  /** The findings of a subject. */
  readonly of: (subject: string | RegExp) => readonly Finding[];
}

/** The code of PostgreSQL's question whether a connection can go on over TLS. */
const SSL_REQUEST = 80_877_103;

async function examine(config: object, ...args: readonly string[]): Promise<Examined> {
  const admin = { listen: `127.0.0.1:${await unusedPort()}` };
  const file = configFile({ listen: '127.0.0.1:0', admin, ...config });
  const { code, stdout, stderr } = await runAmbassador('doctor', '-c', file, '--json', ...args);
  assert.equal(stderr, '');
  const { worst, findings }: { worst: string; findings: readonly Finding[] } = JSON.parse(stdout);
  const of = (subject: string | RegExp) =>
    findings.filter((each) =>
      typeof subject === 'string' ? each.subject === subject : subject.test(each.subject),
    );
  return { code: code ?? -1, worst, findings, of };
}

test('endpoints that are what they are declared to be are ok, each in its own protocol', async (t) => {
  const authority = newAuthority();
  const [http, h2c, tls, tcp] = await Promise.all([
    startUpstream(t, (_request, response) => response.end()),
    startHttp2Upstream(t, (stream) => stream.respond({ ':status': 200 }, { endStream: true })),
    startTlsUpstream(t, authority.issue({ ips: ['127.0.0.1'] })),
    startTcpUpstream(t, () => {}),
  ]);
  const at = (port: number) => ({ discover: { endpoints: [`127.0.0.1:${port}`] } });
  const { code, of, worst } = await examine({
    discovery: { services: 'declared' },
    services: {
      web: { ...at(http.port), healthCheck: { http: { path: '/health' } } },
      ledger: { ...at(h2c.port), protocol: 'grpc' },
      secure: { ...at(tls.port), tls: { verify: false } },
      db: { ...at(tcp.port), protocol: 'tcp', listen: '127.0.0.1:0' },
    },
  });
  assert.deepEqual(
    ['web', 'ledger', 'secure', 'db'].map((name) => of(new RegExp(`^${name} at`))[0]?.message),
    ['speaks HTTP/1.1', 'speaks HTTP/2', 'speaks HTTP/1.1 over TLS', 'it can be connected to'],
  );
  assert.equal(worst, 'ok');
  assert.equal(code, 0);
});

test('endpoints that are something else are failures that say what to change', async (t) => {
  const authority = newAuthority();
  const [http, h2c, tls, redis, postgres, wantsTls] = await Promise.all([
    startUpstream(t, (request, response) => response.writeHead(request.url === '/health' ? 503 : 200).end()),
    startHttp2Upstream(t, (stream) => stream.respond({ ':status': 200 }, { endStream: true })),
    startTlsUpstream(t, authority.issue({ ips: ['127.0.0.1'] })),
    startTcpUpstream(t, (socket) =>
      socket.once('data', (data) => socket.end(`${data}` === 'PING\r\n' ? '+PONG\r\n' : '')),
    ),
    startTcpUpstream(t, (socket) =>
      socket.once('data', (data: Buffer) => socket.end(data.readInt32BE(4) === SSL_REQUEST ? 'N' : '')),
    ),
    startUpstream(t, (_request, response) => {
      response.writeHead(400);
      response.end('The plain HTTP request was sent to HTTPS port');
    }),
  ]);
  const closed = await unusedPort();
  const dns = await DnsServer.start();
  t.after(() => dns.close());
  const at = (port: number) => ({ discover: { endpoints: [`127.0.0.1:${port}`] } });
  const { code, of } = await examine({
    discovery: { services: 'declared' },
    services: {
      'h1-as-grpc': { ...at(http.port), protocol: 'grpc' },
      'h2-as-http': at(h2c.port),
      'tls-as-http': at(tls.port),
      untrusted: { ...at(tls.port), tls: {} },
      gone: at(closed),
      unnamed: { discover: { dns: { name: 'unnamed.test', port: 80, server: dns.address } } },
      redis: at(redis.port),
      sick: { ...at(http.port), healthCheck: { http: { path: '/health' } } },
      'without-health': { ...at(h2c.port), protocol: 'grpc', healthCheck: { grpc: {} } },
      postgres: at(postgres.port),
      'wants-tls': at(wantsTls.port),
    },
  });
  const said = (name: string) => {
    const [found] = of(new RegExp(`^${name} at`));
    assert.equal(found?.level, 'failure', name);
    return `${found?.message} ${found?.remedy ?? ''}`;
  };
  const warned = (name: string) =>
    of(new RegExp(`^${name} at`)).find(({ level }) => level === 'warning')?.message;
  assert.equal(warned('sick'), 'speaks HTTP/1.1; it fails its health check: GET /health: status 503');
  assert.match(
    warned('without-health') ?? '',
    /fails its health check: the gRPC health check: no grpc-status/,
  );
  assert.match(said('h1-as-grpc'), /speaks HTTP\/1\.1, and grpc is HTTP\/2 set protocol: http/);
  assert.match(said('h2-as-http'), /HTTP\/2/);
  assert.match(said('tls-as-http'), /speaks TLS set tls: \{\}|TLS: set tls/);
  assert.match(said('untrusted'), /certificate|authority/);
  assert.match(of('unnamed')[0]?.message ?? '', /DNS has no A records for unnamed\.test/);
  assert.match(said('gone'), /ECONNREFUSED.* start what should listen there/);
  assert.match(said('redis'), /it is Redis protocol: tcp/);
  assert.match(said('postgres'), /it is PostgreSQL protocol: tcp/);
  assert.match(said('wants-tls'), /speaks TLS, and says so to HTTP in the clear set tls: \{\}/);
  assert.equal(code, 1);
});

test('files of TLS that cannot be used are failures, and everything else is looked at all the same', async (t) => {
  const [upstream, other] = await Promise.all([
    startUpstream(t, (_request, response) => response.end()),
    startTcpUpstream(t, () => {}),
  ]);
  const at = { discover: { endpoints: [`127.0.0.1:${upstream.port}`] } };
  const { code, of } = await examine({
    discovery: { services: 'declared' },
    consul: { address: 'http://127.0.0.1:1', tokenFile: '/nowhere/token' },
    listen: `127.0.0.1:${other.port}`,
    services: { web: at, secure: { ...at, tls: { caFile: '/nowhere/ca.pem' } } },
  });
  assert.match(of('consul.tokenFile')[0]?.remedy ?? '', /let this user read the file/);
  const [unreadable] = of('services.secure.tls.caFile');
  assert.match(unreadable?.message ?? '', /\/nowhere\/ca\.pem cannot be read/);
  assert.match(unreadable?.remedy ?? '', /docs\/tls\.md/);
  assert.deepEqual(of('services.secure.tls'), []);
  const [taken] = of(/^listen/);
  assert.match(taken?.message ?? '', /it is taken by pid/);
  assert.match(taken?.remedy ?? '', /end what listens there, or listen on another port/);
  assert.match(of(/^secure at/)[0]?.message ?? '', /the files of its TLS setting cannot be used/);
  assert.equal(of(/^web at/)[0]?.level, 'ok');
  assert.equal(code, 1);
});

test('Consul is looked at: its version, its leader, what the token may read, and every instance of a service', async (t) => {
  const consul = await startConsulAgent(t, { acl: true });
  const upstream = await startUpstream(t, (_request, response) => response.end());
  await consul.register({ name: 'payments', id: 'payments-1', port: upstream.port });
  await consul.register({ name: 'payments', id: 'payments-2', port: upstream.port, status: 'critical' });
  const known = await examine({ consul: { address: consul.address, token: consul.token } }, 'payments');
  assert.match(known.of('consul')[0]?.message ?? '', /is Consul \d+\.\d+/);
  assert.match(known.of('consul')[1]?.message ?? '', /leads$/);
  assert.equal(known.of('clock')[0]?.level, 'ok');
  assert.deepEqual(
    known.of('consul ACL').map(({ level }) => level),
    ['ok', 'ok'],
  );
  const instances = known.of(/^payments at/);
  assert.deepEqual(instances.map(({ level }) => level).toSorted(), ['ok', 'warning']);
  assert.match(instances.find(({ level }) => level === 'warning')?.message ?? '', /Consul says critical/);
  assert.equal(known.code, 0);

  const anonymous = await examine({ consul: { address: consul.address } }, 'payments');
  const denied = anonymous.of('consul ACL');
  assert.ok(denied.some(({ level, remedy }) => level === 'failure' && /node_prefix/.test(remedy ?? '')));
  assert.ok(denied.some(({ remedy }) => /service_prefix/.test(remedy ?? '')));
  assert.equal(anonymous.code, 1);
  assert.equal(JSON.stringify(known.findings).includes(String(consul.token)), false);
});

test("what entries in Consul ask for and is not done, names, and Connect's certificate and intentions are looked at", async (t) => {
  const consul = await startConsulAgent(t, { acl: true, config: { connect: { enabled: true } } });
  await consul.register({ name: 'payments', id: 'payments-1', port: 1 });
  await consul.register({ name: 'orders', id: 'orders-1', port: 1 });
  for (const name of ['payments', 'orders']) {
    const asked = name === 'orders' ? { ExternalSNI: 'orders.example.com' } : {};
    await writeEntry(consul, { Kind: 'service-defaults', Name: name, Protocol: 'http', ...asked });
  }
  await writeEntry(consul, {
    ...{ Kind: 'service-router', Name: 'payments' },
    Routes: [{ Match: { HTTP: { PathRegex: '/\\pL' } }, Destination: { Service: 'orders' } }],
  });
  await consul.request('POST', '/v1/connect/intentions', {
    ...{ SourceName: 'web', DestinationName: 'orders' },
    Action: 'deny',
  });
  await consul.request('POST', '/v1/connect/intentions', {
    ...{ SourceName: 'web', DestinationName: 'payments' },
    Action: 'allow',
  });
  const reading = 'service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }';
  const { secret: reader } = await tokenWith(consul, reading);
  const writes = 'service "web" { policy = "write" }';
  const intentions = 'service_prefix "" { policy = "read" intentions = "read" }';
  const { secret: writer } = await tokenWith(
    consul,
    `${intentions} node_prefix "" { policy = "read" } ${writes}`,
  );
  const seen = (token: string) =>
    examine({
      consul: { address: consul.address.replace('127.0.0.1', 'ip6-localhost.invalid'), token },
      services: {},
    });
  assert.match((await seen(writer)).of(/^DNS/)[0]?.message ?? '', /ENOTFOUND/);

  const config = (token: string) => ({
    consul: { address: consul.address, token },
    services: { payments: {}, orders: {} },
    defaults: { tls: { mode: 'connect', connectAs: 'web' } },
  });
  const allowed = await examine(config(writer));
  assert.match(allowed.of('certificate of web')[0]?.message ?? '', /Consul gives one, valid until/);
  const about = (examined: Examined, name: string) =>
    examined.of(name).map(({ level, message, remedy }) => `${level}: ${message} ${remedy ?? ''}`);
  assert.match(about(allowed, 'payments').join('\n'), /ok: intentions let web call it/);
  assert.match(
    about(allowed, 'payments').join('\n'),
    /warning: an entry in Consul is not followed in all: .*it has \\p/,
  );
  assert.match(
    about(allowed, 'orders').join('\n'),
    /failure: an intention in Consul denies web to call it.*consul intention create -allow web orders/,
  );
  assert.match(
    about(allowed, 'orders').join('\n'),
    /warning: an entry in Consul is not followed in all: service-defaults: ExternalSNI/,
  );
  assert.equal(allowed.of('NAME.localhost').length, 1);

  const unknownToken = '5f3b1c9e-0000-4000-8000-000000000000';
  const [refused, unknown] = await Promise.all([examine(config(reader)), examine(config(unknownToken))]);
  assert.match(
    about(refused, 'certificate of web').join('\n'),
    /failure: .*403.*service "web" \{ policy = "write" \}/,
  );
  const failures = unknown.findings.filter(({ level }) => level !== 'ok');
  assert.deepEqual(
    failures.map(({ level, subject }) => `${level} ${subject}`),
    ['failure consul'],
  );
  assert.match(failures[0]?.message ?? '', /ACL not found.*nothing that it knows is looked at/);
  assert.match(failures[0]?.remedy ?? '', /a token that exists/);
  // What Consul asks for to say whether an intention lets one service call another.
  const { secret: blind } = await tokenWith(consul, `${writes} node_prefix "" { policy = "read" }`);
  const whether = (await examine(config(blind)))
    .of('payments')
    .filter(({ message }) => message.includes('may call it'));
  assert.deepEqual(
    whether.map(({ level, remedy }) => [level, remedy]),
    [['warning', 'give the token the rule service "payments" { policy = "read" intentions = "read" }']],
  );
});

test('services whose requests go elsewhere are looked at there, and names that nobody serves are failures', async (t) => {
  const consul = await startConsulAgent(t, { config: { connect: { enabled: true } } });
  const upstream = await startUpstream(t, (_request, response) => response.end());
  await consul.register({ name: 'orders', id: 'orders-1', port: upstream.port });
  await consul.register({ name: 'web', id: 'web-1', port: upstream.port });
  const h2c = await startHttp2Upstream(t, (stream) =>
    stream.respond({ ':status': 200 }, { endStream: true }),
  );
  await consul.register({ name: 'tagged', id: 'tagged-1', port: h2c.port, tags: ['grpc'] });
  await consul.register({ name: 'billing', id: 'billing-1', port: h2c.port });
  await writeEntry(consul, { Kind: 'service-defaults', Name: 'billing', Protocol: 'grpc' });
  for (const name of ['orders', 'routed', 'renamed']) {
    await writeEntry(consul, { Kind: 'service-defaults', Name: name, Protocol: 'http' });
  }
  await writeEntry(consul, {
    ...{ Kind: 'service-resolver', Name: 'renamed' },
    Redirect: { Service: 'orders' },
  });
  await writeEntry(consul, {
    ...{ Kind: 'service-router', Name: 'routed' },
    Routes: [{ Match: { HTTP: { PathPrefix: '/orders' } }, Destination: { Service: 'orders' } }],
  });
  const to = { consul: { address: consul.address } };
  const entries = await examine(to, 'renamed', 'routed', 'tagged', 'billing');
  const about = (examined: Examined, name: string) =>
    examined
      .of(name)
      .map(({ level, message }) => `${level}: ${message}`)
      .join('\n');
  assert.match(about(entries, 'renamed'), /ok: .*needs none: its requests go to orders/);
  assert.match(about(entries, 'routed'), /warning: .*only requests with a route to orders/);
  assert.equal(entries.of(/^orders at/)[0]?.level, 'ok');
  const asRegistered = entries.of(/^(?:tagged|billing) at/).map(({ message }) => message);
  assert.deepEqual(asRegistered, ['speaks HTTP/2', 'speaks HTTP/2']);
  assert.equal(entries.code, 0);

  const misspelt = await examine({
    ...to,
    services: {
      web: {
        split: [{ weight: 9 }, { weight: 1, service: 'wbe' }],
        failover: { to: [{ service: 'wev' }, { query: 'near' }] },
        shadow: { to: 'wob' },
      },
    },
  });
  assert.match(about(misspelt, 'web'), /failure: its requests may go to wbe, which has no endpoints/);
  assert.match(about(misspelt, 'web'), /failure: its requests may go to wev, which has no endpoints/);
  assert.match(about(misspelt, 'wob'), /failure: it has no endpoints; the copies of requests for web/);
  assert.match(misspelt.of('query:near')[0]?.remedy ?? '', /create the prepared query near/);
  assert.equal(misspelt.of(/^web at/)[0]?.level, 'ok');
  assert.equal(misspelt.code, 1);
});

test('the application to be registered and the configuration in KV are looked at, with the rights that they need', async (t) => {
  // Where others are sent, and an application that listens on 127.0.0.1 alone does not listen.
  const consul = await startConsulAgent(t, { acl: true, config: { advertise_addr: '127.0.0.2' } });
  const app = await startUpstream(t, (_request, response) => response.end());
  const hung = spawn(process.execPath, ['-e', HANGS], { stdio: ['ignore', 'pipe', 'inherit'] });
  endWithThisProcess(hung);
  t.after(() => hung.kill('SIGKILL'));
  const hungPort = Number(String((await once(hung.stdout, 'data'))[0]));
  await consul.register({ name: 'orders', id: 'orders-of-another-run', address: '', port: app.port });
  const config = (port: number, token = consul.token) => ({
    consul: { address: consul.address, token },
    configuration: { kv: { key: 'ambassador/config' } },
    register: { name: 'orders', port },
    services: {},
  });
  const put = (text: string) => consul.request('PUT', '/v1/kv/ambassador/config', text);
  const said = ({ of }: Examined) =>
    of(/^(register|Consul KV)/).map(({ level, subject, message }) => `${level} ${subject}: ${message}`);

  await put('services: { web: { discover: { endpoints: ["127.0.0.1:1"] } } }');
  const well = await examine(config(app.port));
  assert.deepEqual(said(well).slice(0, 3), [
    'ok Consul KV ambassador/config: it can be used',
    `ok register orders at 127.0.0.1:${app.port}: it accepts connections`,
    'ok register orders: the token may register it',
  ]);
  assert.match(
    said(well)[3] ?? '',
    /^warning register orders: orders-of-another-run is registered for the same/,
  );
  assert.equal(well.of(/^web at/).length, 1);

  const id = `orders-${hostname()}-${app.port}`;
  await consul.deregister('orders-of-another-run');
  await consul.register({ name: 'orders', id, address: '', port: app.port });
  const elsewhere = (await examine(config(app.port))).of('register orders').at(-1);
  assert.equal(elsewhere?.level, 'failure');
  assert.match(
    elsewhere.message,
    new RegExp(`^others are to call it at 127.0.0.2:${app.port}, where it does not`),
  );

  await put('services: { web: { timeout: { request: soon } } }');
  assert.match(
    said(await examine(config(hungPort))).join('\n'),
    /^failure Consul KV \S+: 1:\d+ services.web.timeout.request: .*\nwarning .* does not accept them/,
  );

  await consul.request('DELETE', '/v1/kv/ambassador/config');
  const { secret: reader } = await tokenWith(consul, 'service_prefix "" { policy = "read" }');
  const [absent, denied] = await Promise.all([
    examine(config(await unusedPort())),
    examine(config(app.port, reader)),
  ]);
  assert.match(
    said(absent).join('\n'),
    /^warning Consul KV \S+: there is no such key.*\nwarning .*ECONNREFUSED/,
  );
  assert.match(denied.of(/^Consul KV/)[0]?.remedy ?? '', /key "ambassador\/config" { policy = "read" }/);
  assert.match(denied.of('register orders')[0]?.remedy ?? '', /service "orders" { policy = "write" }/);
});

/** Takes connections by its kernel alone, as a program that is stopped. */
const HANGS = `
  require('node:net').createServer().listen(0, '127.0.0.1', function () {
    require('node:fs').writeSync(1, String(this.address().port));
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });`;

test('a Consul that is not there is one failure that says where it was looked for', async () => {
  const address = `http://127.0.0.1:${await unusedPort()}`;
  const { of, findings, code } = await examine({
    consul: { address },
    configuration: { kv: { key: 'ambassador/config' } },
    register: { name: 'web', port: await unusedPort() },
    services: { payments: { failover: { to: [{ service: 'standby' }] } }, orders: {} },
    defaults: { tls: { mode: 'auto' } },
  });
  assert.equal(findings.filter(({ level }) => level === 'failure').length, 1);
  assert.equal(of('consul').length, 1);
  assert.match(of('consul')[0]?.message ?? '', new RegExp(address));
  assert.match(of('consul')[0]?.remedy ?? '', /consul\.address/);
  assert.equal(code, 1);
});

test('addresses are not called taken where the ambassador of this configuration has them', async (t) => {
  const { port } = await startUpstream(t, (_request, response) => response.end('{"version":"1.2.3"}'));
  const { of } = await examine({
    admin: { listen: `127.0.0.1:${port}` },
    discovery: { services: 'declared' },
    services: { web: { discover: { endpoints: ['127.0.0.1:1'] } } },
  });
  assert.deepEqual(of(/listen/), []);
  assert.match(of('ambassador')[0]?.message ?? '', /^version 1\.2\.3 runs/);
});

test('an endpoint at an address of the ambassador itself is a failure, as calls to it would be', async (t) => {
  const { port } = await startUpstream(t, (_request, response) => response.end('{"version":"1.2.3"}'));
  const { of, code } = await examine({
    admin: { listen: `127.0.0.1:${port}` },
    discovery: { services: 'declared' },
    services: { loop: { discover: { endpoints: [`localhost:${port}`] } } },
  });
  const [found] = of(/^loop at/);
  assert.match(found?.message ?? '', /a port of this ambassador itself, and nothing is called there/);
  assert.match(found?.remedy ?? '', /where the service itself listens/);
  assert.equal(code, 1);
});

test('a configuration with mistakes is what check says of it', async () => {
  const { code, stderr } = await runAmbassador('doctor', '-c', configFile({ listne: '127.0.0.1:0' }));
  assert.equal(code, 78);
  assert.match(stderr, /listne/);
});

// TLS on both sides of a running ambassador, with files that change while it serves.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request } from 'node:https';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import type { ServiceView } from '../../../../src/admin/service-view.ts';
import {
  configFile,
  runAmbassador,
  startAmbassador,
  temporaryFolder,
} from '../../../support/ambassador-process.ts';
import type { Authority, Issued } from '../../../support/certificates.ts';
import { newAuthority } from '../../../support/certificates.ts';
import { eventually } from '../../../support/eventually.ts';
import { startGrpcJsLedger } from '../../../support/grpc-js-ledger.ts';
import { startLoad } from '../../../support/load.ts';
import { startTlsUpstream } from '../../../support/tls-endpoints.ts';
import { startUpstream, unusedPort } from '../../../support/upstreams.ts';

const authority = newAuthority();

/** Files as Kubernetes lays them out: each is a link into a folder that is itself a link. */
class MountedFiles {
  readonly folder = temporaryFolder();
  #version = 0;

  path(name: string): string {
    return join(this.folder, name);
  }

  /** All of them change at once. */
  write(files: Readonly<Record<string, string>>): void {
    const version = `..${++this.#version}`;
    mkdirSync(join(this.folder, version));
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(this.folder, version, name), text);
      if (this.#version === 1) symlinkSync(join('..data', name), this.path(name));
    }
    symlinkSync(version, join(this.folder, '..next'));
    renameSync(join(this.folder, '..next'), join(this.folder, '..data'));
  }
}

function filesOf({ cert, key }: Issued, ca: Authority = authority) {
  return { 'tls.crt': cert, 'tls.key': key, 'ca.crt': ca.cert };
}

function commonName(socket: TLSSocket): string {
  return String(socket.getPeerCertificate().subject.CN);
}

const declared = { discovery: { services: 'declared' } };

/** `NAME of the client certificate` for each connection that the endpoint accepted. */
async function startMutualUpstream(t: TestContext, options: object) {
  const clients: string[] = [];
  const upstream = await startTlsUpstream(
    t,
    { requestCert: true, rejectUnauthorized: true, ca: authority.cert, ...options },
    ({ socket }, response) => {
      clients.push(commonName(socket as TLSSocket));
      response.end('secure');
    },
  );
  return { ...upstream, clients };
}

describe('towards endpoints', () => {
  test('certificates are exchanged under load, and no request fails', async (t) => {
    const mounted = new MountedFiles();
    mounted.write(filesOf(authority.issue({ dns: ['first'] })));
    const endpoints = [
      await startMutualUpstream(t, authority.issue({ dns: ['payments.test'] })),
      await startMutualUpstream(t, authority.issue({ dns: ['payments.test'] })),
    ];
    const ambassador = await startAmbassador(t, {
      consul: `http://127.0.0.1:${await unusedPort()}`,
      config: {
        ...declared,
        services: {
          payments: {
            discover: { endpoints: endpoints.map(({ port }) => `127.0.0.1:${port}`) },
            tls: {
              caFile: mounted.path('ca.crt'),
              certFile: mounted.path('tls.crt'),
              keyFile: mounted.path('tls.key'),
              serverName: 'payments.test',
            },
          },
        },
      },
    });
    await ambassador.untilReady();
    const clients = () => endpoints.flatMap((endpoint) => endpoint.clients);
    const load = startLoad(t, { url: `${ambassador.url}/payments/x`, perSecond: 200 });
    await eventually(() => assert.ok(clients().length > 100));
    assert.deepEqual([...new Set(clients())], ['first']);

    // Half of a rotation is not taken: this key belongs to another certificate.
    mounted.write({ ...filesOf(authority.issue({ dns: ['half'] })), 'tls.key': authority.issue({}).key });
    await ambassador.logged(
      /tls\.key is not the key of the certificate in .*; what was read before stays in use/,
    );
    mounted.write(filesOf(authority.issue({ dns: ['second'] })));
    await eventually(() => assert.ok(clients().includes('second')));
    const since = clients().length;
    await eventually(() => assert.ok(clients().length > since + 100));
    const { failed, sent } = await load.stop();
    assert.deepEqual(failed, []);
    assert.ok(sent > 200);
    assert.deepEqual([...new Set(clients())].sort(), ['first', 'second']);
    // Those of before have ended with the requests that they carried.
    for (const { clients: each } of endpoints) assert.equal(each.at(-1), 'second');
  });

  test('endpoints take certificates of another authority under load, and no request fails', async (t) => {
    const next = newAuthority('Next authority');
    const mounted = new MountedFiles();
    mounted.write({ 'ca.crt': authority.cert });
    const start = () => startTlsUpstream(t, authority.issue({ dns: ['payments.test'] }));
    const endpoints = [await start(), await start()];
    const ambassador = await startAmbassador(t, {
      consul: `http://127.0.0.1:${await unusedPort()}`,
      config: {
        ...declared,
        services: {
          payments: {
            discover: { endpoints: endpoints.map(({ port }) => `127.0.0.1:${port}`) },
            tls: { caFile: mounted.path('ca.crt'), serverName: 'payments.test' },
          },
        },
      },
    });
    await ambassador.untilReady();
    const load = startLoad(t, { url: `${ambassador.url}/payments/x`, perSecond: 200 });
    /** Every endpoint has new connections, and requests over them. */
    const settled = async (): Promise<void> => {
      const before = endpoints.map(({ seen, resumed }) => ({
        seen: seen.length,
        connections: resumed.length,
      }));
      await eventually(() => {
        for (const [index, { seen, resumed }] of endpoints.entries()) {
          assert.ok(resumed.length > (before[index]?.connections ?? 0), 'no new connection');
          assert.ok(seen.length > (before[index]?.seen ?? 0) + 20, 'no requests');
        }
      });
    };
    await settled();
    // Both are trusted, then the endpoints change one by one, then only the next one is.
    mounted.write({ 'ca.crt': `${authority.cert}\n${next.cert}` });
    await ambassador.logged(/ca\.crt: new connections use what was read now/);
    await settled();
    for (const endpoint of endpoints) endpoint.setSecureContext(next.issue({ dns: ['payments.test'] }));
    mounted.write({ 'ca.crt': next.cert });
    await settled();
    const { failed, sent } = await load.stop();
    assert.deepEqual(failed, []);
    assert.ok(sent > 100);
  });

  test('only endpoints that are registered as secure are called over TLS where that is asked for; false switches off what defaults say', async (t) => {
    const plain = await startUpstream(t, (_request, response) => response.end('plain'));
    const ca = join(temporaryFolder(), 'ca.crt');
    writeFileSync(ca, authority.cert);
    const ambassador = await startAmbassador(t, {
      consul: `http://127.0.0.1:${await unusedPort()}`,
      config: {
        ...declared,
        defaults: { tls: { caFile: ca }, retry: { attempts: 0 } },
        services: {
          secure: { discover: { endpoints: [`127.0.0.1:${plain.port}`] } },
          mixed: { discover: { endpoints: [`127.0.0.1:${plain.port}`] }, tls: { when: 'registered' } },
          legacy: { discover: { endpoints: [`127.0.0.1:${plain.port}`] }, tls: false },
        },
      },
    });
    await ambassador.untilReady();
    const call = async (service: string) => (await fetch(`${ambassador.url}/${service}/x`)).text();
    assert.equal(await call('mixed'), 'plain');
    assert.equal(await call('legacy'), 'plain');
    assert.match(await call('secure'), /does not speak TLS at this port/);
    for (const [service, secure] of [
      ['secure', true],
      ['mixed', false],
    ] as const) {
      const view = (await ambassador.admin(`/api/services/${service}`)) as ServiceView;
      assert.equal(view.endpoints[0]?.secure, secure);
    }
    const { stdout } = await runAmbassador('endpoints', 'secure', '--admin', ambassador.adminUrl);
    assert.match(stdout, /127\.0\.0\.1:\d+ \(TLS\)/);
  });
});

test('a service of gRPC is called with JSON, its API known by reflection, over TLS with a certificate of ours', async (t) => {
  const mounted = new MountedFiles();
  mounted.write(filesOf(authority.issue({ dns: ['us'] })));
  const { cert, key } = authority.issue({ ips: ['127.0.0.1'] });
  const pair = { private_key: Buffer.from(key), cert_chain: Buffer.from(cert) };
  const credentials = ServerCredentials.createSsl(Buffer.from(authority.cert), [pair], true);
  const ledger = await startGrpcJsLedger(t, 'ledger-1', credentials);
  const at = { discover: { endpoints: [`127.0.0.1:${ledger.port}`] }, translate: { grpcJson: {} } };
  const caFile = mounted.path('ca.crt');
  const own = { certFile: mounted.path('tls.crt'), keyFile: mounted.path('tls.key') };
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      ...declared,
      services: {
        ledger: { ...at, tls: { caFile, ...own }, healthCheck: { grpc: {} } },
        stranger: { ...at, tls: { caFile } },
      },
    },
  });
  await ambassador.untilReady();
  await eventually(async () => {
    const response = await fetch(`${ambassador.url}/ledger/v1/accounts/alice`);
    assert.equal(response.status, 200, await response.text());
  });
  const refused = await fetch(`${ambassador.url}/stranger/v1/accounts/alice`);
  assert.equal(refused.status, 503);
  assert.match(await refused.text(), /asked for a client certificate, and none is configured/);
});

interface Called {
  readonly status: number;
  readonly text: string;
  /** CN of the certificate that the ambassador showed. */
  readonly shown: string;
}

function call(port: number, options: object = {}): Promise<Called> {
  return new Promise((resolve, reject) => {
    const at = {
      host: '127.0.0.1',
      port,
      path: '/payments/x',
      servername: 'ambassador.test',
      ca: authority.cert,
    };
    const read = (response: IncomingMessage): void => {
      const shown = commonName(response.socket as TLSSocket);
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, shown }));
    };
    request({ ...at, agent: new Agent(), ...options }, read)
      .on('error', reject)
      .end();
  });
}

async function startSecureListener(t: TestContext, mounted: MountedFiles, listenTls: object = {}) {
  const upstream = await startUpstream(t, ({ headers }, response) =>
    response.end(`${headers['x-forwarded-proto']}`),
  );
  const path = join(temporaryFolder(), 'traffic.sock');
  const ambassador = await startAmbassador(t, {
    consul: `http://127.0.0.1:${await unusedPort()}`,
    config: {
      ...declared,
      listen: ['127.0.0.1:0', '0.0.0.0:0', `unix:${path}`],
      listenTls: { certFile: mounted.path('tls.crt'), keyFile: mounted.path('tls.key'), ...listenTls },
      services: { payments: { discover: { endpoints: [`127.0.0.1:${upstream.port}`] } } },
    },
  });
  await ambassador.untilReady();
  const [loopback = 0, open = 0] = ambassador.addresses.map((address) => Number(address.split(':').at(-1)));
  return { ambassador, loopback, open, path };
}

describe('towards clients', () => {
  test('addresses beyond loopback speak TLS alone, and loopback speaks both', async (t) => {
    const mounted = new MountedFiles();
    mounted.write(filesOf(authority.issue({ dns: ['ambassador.test'] })));
    const { loopback, open } = await startSecureListener(t, mounted);
    const plainly = async (port: number) => (await fetch(`http://127.0.0.1:${port}/payments/x`)).text();
    assert.equal((await call(open)).text, 'https');
    assert.equal((await call(loopback)).text, 'https');
    assert.equal(await plainly(loopback), 'http');
    assert.match(await plainly(open), /speaks TLS alone: call https:/);
    // A byte at a time: whatever way the first record is cut.
    const trickling = connect({
      host: '127.0.0.1',
      port: open,
      ca: authority.cert,
      servername: 'ambassador.test',
      ALPNProtocols: ['http/1.1'],
    });
    trickling.write('GET /payments/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    let text = '';
    for await (const chunk of trickling) text += String(chunk);
    assert.match(text, /^HTTP\/1\.1 200 [\s\S]*https/);
    assert.equal(trickling.alpnProtocol, 'http/1.1');
    const session = connectHttp2('https://ambassador.test', {
      createConnection: () =>
        connect({
          host: '127.0.0.1',
          port: open,
          ca: authority.cert,
          servername: 'ambassador.test',
          ALPNProtocols: ['h2'],
        }),
    });
    t.after(() => session.destroy());
    const stream = session.request({ ':path': '/payments/x', ':authority': 'localhost' });
    const [head] = await once(stream, 'response');
    assert.equal(head[':status'], 200);
    assert.equal(session.alpnProtocol, 'h2');
    let second = '';
    for await (const chunk of stream) second += String(chunk);
    assert.equal(second, 'https');
  });

  test('who speaks HTTP/2 in the clear where TLS is spoken alone is told so, gRPC in its own way', async (t) => {
    const mounted = new MountedFiles();
    mounted.write(filesOf(authority.issue({ dns: ['ambassador.test'] })));
    const { open } = await startSecureListener(t, mounted);
    const session = connectHttp2(`http://127.0.0.1:${open}`);
    t.after(() => session.destroy());
    const stream = session.request({ ':path': '/payments/x' });
    const [head] = await once(stream, 'response');
    assert.equal(head[':status'], 400);
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    assert.match(text, /speaks TLS alone: call https:/);
    const call = session.request({
      ':method': 'POST',
      ':path': '/a.B/C',
      'content-type': 'application/grpc',
    });
    const [trailersOnly] = await once(call, 'response');
    assert.match(decodeURIComponent(String(trailersOnly['grpc-message'])), /speaks TLS alone/);
    call.resume();
  });

  test('handshakes over a unix socket go on beside each other, whichever is over first', async (t) => {
    const mounted = new MountedFiles();
    mounted.write(filesOf(authority.issue({ dns: ['ambassador.test'] })));
    const { path } = await startSecureListener(t, mounted);
    const answers = Array.from({ length: 10 }, async (_, index) => {
      const raw = createConnection(path);
      await once(raw, 'connect');
      const secure = connect({ socket: raw, ca: authority.cert, servername: 'ambassador.test' });
      secure.write(`GET /payments/${index} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      let text = '';
      for await (const chunk of secure) text += String(chunk);
      return text;
    });
    for (const text of await Promise.all(answers)) assert.match(text, /^HTTP\/1\.1 200 [\s\S]*https/);
  });

  test('clients show a certificate where an authority for them is named', async (t) => {
    const mounted = new MountedFiles();
    mounted.write(filesOf(authority.issue({ dns: ['ambassador.test'] })));
    const { ambassador, open } = await startSecureListener(t, mounted, {
      clientCaFile: mounted.path('ca.crt'),
    });
    await assert.rejects(call(open, newAuthority('Another authority').issue({ dns: ['app'] })));
    await ambassador.logged(/handshake with 127\.0\.0\.1 failed: no authority in listenTls\.clientCaFile/);
    await assert.rejects(call(open));
    assert.equal((await call(open, authority.issue({ dns: ['app'] }))).status, 200);
  });

  test('the certificate is exchanged while connections stand', async (t) => {
    const mounted = new MountedFiles();
    mounted.write(filesOf(authority.issue({ dns: ['ambassador.test'], commonName: 'first' })));
    const { open } = await startSecureListener(t, mounted);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    assert.equal((await call(open, { agent })).shown, 'first');
    mounted.write(filesOf(authority.issue({ dns: ['ambassador.test'], commonName: 'second' })));
    await eventually(async () => assert.equal((await call(open)).shown, 'second'));
    // The old connection goes on.
    assert.deepEqual(await call(open, { agent }), { status: 200, text: 'https', shown: 'first' });
  });

  test('the certificate is exchanged under load, and no request fails over either version of HTTP', async (t) => {
    const mounted = new MountedFiles();
    const issue = (commonName: string) => filesOf(authority.issue({ dns: ['ambassador.test'], commonName }));
    mounted.write(issue('first'));
    const { open } = await startSecureListener(t, mounted);
    const session = connectHttp2('https://ambassador.test', {
      createConnection: () =>
        connect({
          host: '127.0.0.1',
          port: open,
          ca: authority.cert,
          servername: 'ambassador.test',
          ALPNProtocols: ['h2'],
        }),
    });
    t.after(() => session.destroy());
    const agent = new Agent({ keepAlive: true });
    t.after(() => agent.destroy());
    const shown: string[] = [];
    let kept = 0;
    let streams = 0;
    let stopped = false;
    const work = async (one: () => Promise<void>): Promise<void> => {
      while (!stopped) await one();
    };
    const workers = [
      // Connections of one request each, one that is kept, and streams of one connection.
      work(async () => {
        const { status, shown: name } = await call(open);
        assert.equal(status, 200);
        shown.push(name);
      }),
      work(async () => {
        assert.equal((await call(open, { agent })).status, 200);
        kept++;
      }),
      work(async () => {
        const stream = session.request({ ':path': '/payments/x', ':authority': 'localhost' });
        const [head] = await once(stream, 'response');
        assert.equal(head[':status'], 200);
        for await (const _ of stream);
        streams++;
      }),
    ];
    const rotated = async (name: string): Promise<void> => {
      await eventually(() => assert.equal(shown.at(-1), name));
      const [before, keptBefore, streamsBefore] = [shown.length, kept, streams];
      await eventually(() => {
        assert.ok(shown.length > before + 5 && kept > keptBefore + 5 && streams > streamsBefore + 5);
      });
    };
    await rotated('first');
    for (const name of ['second', 'third']) {
      mounted.write(issue(name));
      await rotated(name);
    }
    stopped = true;
    await Promise.all(workers);
    assert.deepEqual([...new Set(shown)], ['first', 'second', 'third']);
  });
});

test('`ambassador check` reads the files as a start would', async () => {
  const folder = temporaryFolder();
  const path = (name: string) => join(folder, name);
  const issued = authority.issue({ dns: ['a'] });
  writeFileSync(path('a.crt'), issued.cert);
  writeFileSync(path('a.key'), authority.issue({}).key);
  writeFileSync(path('empty.crt'), 'nothing');
  const file = configFile({
    listenTls: { certFile: path('a.crt'), keyFile: path('missing.key') },
    services: {
      payments: { tls: { certFile: path('a.crt'), keyFile: path('a.key') } },
      fraud: { tls: { caFile: path('empty.crt') } },
    },
  });
  const { code, stderr } = await runAmbassador('check', '-c', file);
  assert.equal(code, 78);
  assert.match(stderr, /:\d+:\d+ listenTls\.keyFile: .*missing\.key cannot be read/);
  assert.match(
    stderr,
    /:\d+:\d+ services\.payments\.tls\.keyFile: .*a\.key is not the key of the certificate/,
  );
  assert.match(stderr, /:\d+:\d+ services\.fraud\.tls\.caFile: .*empty\.crt has no certificate/);
});

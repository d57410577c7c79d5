// TLS towards Consul: what stands in the way is named with its remedy, and files that change are taken while it is asked.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { FollowedConsulTls } from '../../../../src/app/consul-tls.ts';
import { systemClock } from '../../../../src/core/system-clock.ts';
import type { ConsulClient } from '../../../../src/discovery/consul/consul-client.ts';
import { consulOptions } from '../../../../src/discovery/options.ts';
import { newAuthority, selfSigned } from '../../../support/certificates.ts';
import { eventually } from '../../../support/eventually.ts';
import { RecordingLogger } from '../../../support/recording-logger.ts';
import { startTlsUpstream } from '../../../support/tls-endpoints.ts';
import { startUpstream } from '../../../support/upstreams.ts';
import { consulParts } from '../../../support/watched-source.ts';

const HOUR_MS = 3_600_000;
const authority = newAuthority('Consul Agent CA');
const stranger = newAuthority('Another authority');
const NAMES = { dns: ['server.dc1.consul', 'localhost'], ips: ['127.0.0.1'] };
const server = authority.issue(NAMES);
const client = authority.issue({ dns: ['client.dc1.consul'] });
const mutual = { requestCert: true, rejectUnauthorized: true, ca: authority.cert };

class Files {
  readonly folder: string;

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), 'consul-tls-'));
    t.after(() => rmSync(this.folder, { recursive: true }));
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }
}

async function clientOf(t: TestContext, port: number, setting: object) {
  const logger = new RecordingLogger();
  const tls = await FollowedConsulTls.read(consulOptions.parse({ tls: setting }).tls, {
    clock: systemClock,
    logger,
  });
  return { ...consulParts(t, `https://127.0.0.1:${port}`, { tls }), logger };
}

async function ask(asked: ConsulClient): Promise<string> {
  const { signal } = new AbortController();
  const answer = await asked.get({
    kind: 'agent',
    path: '/agent/self',
    parameters: {},
    timeoutMs: 10_000,
    signal,
  });
  if (answer.ok) return 'answered';
  assert.equal(answer.failure.kind, 'unreachable');
  return `${answer.failure.saysRemedy === true ? '' : 'without a remedy: '}${answer.failure.detail}`;
}

interface Case {
  readonly name: string;
  readonly agent: (t: TestContext) => Promise<{ readonly port: number }>;
  readonly setting?: (files: Files) => object;
  readonly detail: RegExp;
}

const trusting = (files: Files) => ({ caFile: files.write('ca.pem', authority.cert) });
const showing = (files: Files, own = client) => ({
  ...trusting(files),
  certFile: files.write('cert.pem', own.cert),
  keyFile: files.write('key.pem', own.key),
});
const speaking = (options: object) => (t: TestContext) =>
  startTlsUpstream(t, options, (_request, response) => response.end('{}'));

const CASES: readonly Case[] = [
  {
    name: 'an authority that nobody named',
    agent: speaking(server),
    setting: () => ({}),
    detail: /no trusted authority vouches .* consul\.tls\.caFile \(CONSUL_CACERT\)/,
  },
  {
    name: 'another authority',
    agent: speaking(stranger.issue(NAMES)),
    detail: /no trusted authority vouches/,
  },
  {
    name: 'a certificate that is signed by itself',
    agent: speaking(selfSigned(NAMES)),
    detail: /signed by itself: name that certificate in consul\.tls\.caFile/,
  },
  {
    name: 'another name',
    agent: speaking(authority.issue({ dns: ['server.dc1.consul'] })),
    detail: /is for server\.dc1\.consul, not for 127\.0\.0\.1: set consul\.tls\.serverName/,
  },
  {
    name: 'a certificate that has expired',
    agent: speaking(authority.issue({ ...NAMES, from: new Date(0), to: new Date(Date.now() - HOUR_MS) })),
    detail: /has expired: renew it/,
  },
  {
    name: 'a client certificate that is asked for',
    agent: speaking({ ...server, ...mutual }),
    detail: /asks for a client certificate .* consul\.tls\.certFile and consul\.tls\.keyFile/,
  },
  {
    name: 'an old version',
    agent: speaking({ ...server, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }),
    detail: /speaks no version of TLS from TLSv1\.2 on/,
  },
  {
    name: 'an agent that speaks in the clear',
    agent: (t) => startUpstream(t, (_request, response) => response.end('{}')),
    detail: /does not speak TLS at this port: write http:\/\/ in consul\.address/,
  },
];

describe('a connection to Consul over TLS', () => {
  for (const { name, agent, setting = trusting, detail } of CASES) {
    it(`says what stands in its way: ${name}`, async (t) => {
      const { port } = await agent(t);
      const { client: asked } = await clientOf(t, port, setting(new Files(t)));
      const said = await ask(asked);
      assert.match(said, detail);
      assert.match(said, /^Consul: [^\n]*$/);
    });
  }

  it('is made with a name of its own, with authorities out of a folder, and without being verified', async (t) => {
    const { port } = await speaking(authority.issue({ dns: ['server.dc1.consul'] }))(t);
    const files = new Files(t);
    const caPath = files.folder;
    files.write('ca.pem', authority.cert);
    files.write('README', 'Certificates of Consul');
    assert.equal(
      await ask((await clientOf(t, port, { caPath, serverName: 'server.dc1.consul' })).client),
      'answered',
    );
    assert.equal(await ask((await clientOf(t, port, { verify: false })).client), 'answered');
  });

  it('is made anew with files that have changed, and those before end when they are idle', async (t) => {
    const clients: string[] = [];
    const agent = await startTlsUpstream(t, { ...server, ...mutual }, ({ socket }, response) => {
      clients.push(String((socket as TLSSocket).getPeerCertificate().subject.CN));
      response.end('{}');
    });
    const files = new Files(t);
    const { client: asked, logger } = await clientOf(t, agent.port, showing(files));
    assert.equal(await ask(asked), 'answered');
    assert.equal(await ask(asked), 'answered');
    assert.equal(agent.resumed.length, 1, 'one connection for both');

    // Consul's authority is another one now, and so are both certificates.
    const { cert, key } = stranger.issue({ dns: ['renewed'] });
    files.write('ca.pem', `${authority.cert}${stranger.cert}`);
    files.write('cert.pem', cert);
    await eventually(() => assert.match(logger.lines.join(), /key\.pem is not the key of the certificate/));
    assert.equal(await ask(asked), 'answered');
    files.write('key.pem', key);
    agent.setSecureContext({ ...stranger.issue(NAMES), ...mutual, ca: [authority.cert, stranger.cert] });
    await eventually(async () => {
      assert.equal(await ask(asked), 'answered');
      assert.equal(clients.at(-1), 'renewed');
    });
    assert.equal(agent.resumed.length, 2);
    await eventually(() => assert.equal(agent.connections, 1));
  });
});

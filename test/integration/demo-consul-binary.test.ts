import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { strToU8, zipSync } from 'fflate';
import { defaultCacheDir, findConsul } from '../../src/demo/consul-binary.ts';
import { HASHICORP_VERSION } from '../../src/demo/hashicorp-archive.ts';

const PROGRAM = '#!/bin/sh\necho "Consul v9.8.7"\n';
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
const ARCH = ARCHITECTURES[process.arch] ?? process.arch;
const ARCHIVE = `consul_${HASHICORP_VERSION}_${process.platform}_${ARCH}.zip`;

async function scratch(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'find-consul-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function program(folder: string, text = PROGRAM): Promise<string> {
  const path = join(folder, 'consul');
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

/** Stands in for HashiCorp's release server; counts how often each file was asked for. */
async function releases(
  t: TestContext,
  files: (archive: Uint8Array, sum: string) => Record<string, unknown>,
) {
  const archive = zipSync({ 'LICENSE.txt': strToU8('text'), consul: strToU8(PROGRAM) });
  const sum = createHash('sha256').update(archive).digest('hex');
  const served = files(archive, sum);
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const name = request.url?.replace(`/consul/${HASHICORP_VERSION}/`, '') ?? '';
    asked.push(name);
    const file = served[name];
    if (typeof file === 'string' || file instanceof Uint8Array) response.end(file);
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return { url: `http://127.0.0.1:${address.port}`, asked };
}

const sumsFile = `consul_${HASHICORP_VERSION}_SHA256SUMS`;
const good = (archive: Uint8Array, sum: string): Record<string, unknown> => ({
  [sumsFile]: `${'0'.repeat(64)}  other.zip\n${sum}  ${ARCHIVE}\n`,
  [ARCHIVE]: archive,
});

test('CONSUL_BIN is taken before anything on PATH', async (t) => {
  const [chosen, onPath] = [await scratch(t), await scratch(t)];
  const path = await program(chosen);
  await program(onPath);
  const found = await findConsul({ env: { CONSUL_BIN: path, PATH: onPath } });
  assert.deepEqual(found, { path, version: '9.8.7', origin: 'CONSUL_BIN' });
});

test('a CONSUL_BIN that does not run is an error and not passed over', async (t) => {
  const folder = await scratch(t);
  const env = { CONSUL_BIN: join(folder, 'nothing'), PATH: folder };
  await program(folder);
  await assert.rejects(
    findConsul({ env }),
    /CONSUL_BIN=.*nothing is not a Consul that runs: .*no such command/,
  );
});

test('a program on PATH that is no Consul is passed over for the next', async (t) => {
  const [first, second] = [await scratch(t), await scratch(t)];
  await program(first, '#!/bin/sh\necho hello\n');
  const path = await program(second);
  const found = await findConsul({ env: { PATH: `${first}:${second}` } });
  assert.deepEqual(found, { path, version: '9.8.7', origin: 'PATH' });
});

test("HashiCorp's archive is checked, unpacked, and used from the cache the next time", async (t) => {
  const cacheDir = await scratch(t);
  const server = await releases(t, good);
  const options = { cacheDir, env: {}, releasesUrl: server.url, fetchFrom: ['HashiCorp'] } as const;
  const first = await findConsul(options);
  assert.equal(first.origin, 'HashiCorp');
  assert.equal(first.version, '9.8.7');
  assert.deepEqual(await findConsul(options), { ...first, origin: 'cache' });
  assert.equal(server.asked.length, 2);
});

test('callers at the same time fetch once and leave nothing but the program', async (t) => {
  const cacheDir = await scratch(t);
  const server = await releases(t, good);
  const options = { cacheDir, env: {}, releasesUrl: server.url, fetchFrom: ['HashiCorp'] } as const;
  const found = await Promise.all([findConsul(options), findConsul(options), findConsul(options)]);
  assert.deepEqual(found.map(({ origin }) => origin).sort(), ['HashiCorp', 'cache', 'cache']);
  assert.equal(server.asked.filter((name) => name === ARCHIVE).length, 1);
  assert.equal((await readdir(cacheDir)).length, 1);
});

test('the lock of a process that died is taken over', async (t) => {
  const cacheDir = await scratch(t);
  const server = await releases(t, good);
  const lock = join(cacheDir, `consul-${process.platform}-${process.arch}.lock`);
  await mkdir(lock);
  // Above the kernel's highest process id.
  await writeFile(join(lock, 'pid'), '99999999');
  const options = { cacheDir, env: {}, releasesUrl: server.url, fetchFrom: ['HashiCorp'] } as const;
  assert.equal((await findConsul(options)).origin, 'HashiCorp');
});

test('an archive that is not what its checksum says is refused and not kept', async (t) => {
  const cacheDir = await scratch(t);
  const server = await releases(t, (archive, sum) => ({
    ...good(archive, sum),
    [ARCHIVE]: 'something else',
  }));
  const options = { cacheDir, env: {}, releasesUrl: server.url, fetchFrom: ['HashiCorp'] } as const;
  await assert.rejects(findConsul(options), /HashiCorp: .*\.zip has the checksum \w+, expected \w+/);
  assert.deepEqual(await readdir(cacheDir), []);
});

test('the last error names every step, why it failed, and what to install', async (t) => {
  const cacheDir = await scratch(t);
  const server = await releases(t, (_, sum) => ({ [sumsFile]: `${sum}  other.zip\n` }));
  const options = { cacheDir, env: {}, releasesUrl: server.url, fetchFrom: ['HashiCorp'] } as const;
  const lines: string[] = [];
  await assert.rejects(findConsul({ ...options, log: (line) => lines.push(line) }), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /CONSUL_BIN is not set/);
    assert.match(error.message, /no consul on PATH/);
    assert.match(error.message, /nothing is cached/);
    assert.match(error.message, /HashiCorp has no consul_.*\.zip/);
    assert.match(error.message, /Install Consul/);
    return true;
  });
  assert.match(lines.join('\n'), /passed over HashiCorp/);
});

test('it is kept where XDG_CACHE_HOME says, which is no relative path', async (t) => {
  const usual = join(homedir(), '.cache', 'consul-ambassador');
  assert.equal(defaultCacheDir({ XDG_CACHE_HOME: '/var/cache/me' }), '/var/cache/me/consul-ambassador');
  for (const env of [{}, { XDG_CACHE_HOME: '' }, { XDG_CACHE_HOME: 'cache' }]) {
    assert.equal(defaultCacheDir(env), usual);
  }
  const file = await program(await scratch(t));
  await assert.rejects(
    findConsul({ env: { XDG_CACHE_HOME: file } }),
    /^NoConsul: Consul cannot be kept in .*consul-ambassador: ENOTDIR.*\n.*XDG_CACHE_HOME names another folder/,
  );
});

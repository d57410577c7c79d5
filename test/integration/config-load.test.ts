import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ambassador-config-'));
});
after(() => rm(directory, { recursive: true }));

async function write(content: string | Uint8Array): Promise<string> {
  const file = join(directory, 'a.yaml');
  await writeFile(file, content);
  return file;
}

describe('loading a configuration', () => {
  it('reads a file and the environment', async () => {
    const file = join(directory, 'good.json');
    await writeFile(file, '{ "logLevel": "warn" }');
    const config = await loadConfig(file, { CONSUL_HTTP_ADDR: 'a:1' });
    assert.equal(config.logLevel, 'warn');
    assert.equal(config.consul.address, 'http://a:1');
  });

  it('needs no file', async () => {
    assert.equal((await loadConfig(undefined, {})).logLevel, 'info');
  });

  it('names the file, the line and the column of a mistake', async () => {
    const file = await write('a: 1');
    await assert.rejects(loadConfig(file, {}), {
      name: 'ConfigError',
      message: /a\.yaml:1:1 a: unknown key/,
    });
  });

  const unreadable: [string, () => Promise<string>, RegExp][] = [
    ['is not there', async () => join(directory, 'nothing.yaml'), /nothing\.yaml: there is no such file$/],
    ['is a directory', async () => directory, /: a directory, not a file$/],
    ['has a file for a directory', async () => join(await write(''), 'b'), /: there is no such file$/],
    [
      'is too large',
      () => write(`#${'x'.repeat(1024 ** 2)}`),
      /a\.yaml: larger than 1 MiB, the most that is read$/,
    ],
    ['never ends', async () => '/dev/zero', /\/dev\/zero: larger than 1 MiB, the most that is read$/],
    [
      'is not text',
      () => write(Uint8Array.of(0x61, 0xff, 0xfe)),
      /a\.yaml:1:1: not UTF-8 text; save it as UTF-8$/,
    ],
  ];
  for (const [what, file, message] of unreadable) {
    it(`refuses a file that ${what}`, async () => {
      await assert.rejects(loadConfig(await file(), {}), { name: 'ConfigError', message });
    });
  }
});

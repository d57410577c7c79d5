// What an older Node.js says of the ambassador, and that every place that names a version names the same.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { runCommand } from '../../src/demo/run-command.ts';
import { runProgram, temporaryFolder } from '../support/ambassador-process.ts';
import { findProgram } from '../support/find-program.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');
const TOO_OLD = /^ambassador: Node\.js 22\.19 or later is needed, and this is \d+\.\d+\.\d+ \(.*\)\.\n$/;

/** A Node.js of this machine from before 22.19. */
async function olderNode(): Promise<string | undefined> {
  for (const path of ['/usr/bin/node', '/usr/local/bin/node', findProgram('nodejs')]) {
    const version = path === undefined ? '' : await runCommand(path, ['--version']).catch(() => '');
    const [, major, minor] = /^v(\d+)\.(\d+)/.exec(version) ?? [];
    if (Number(major) < 22 || (Number(major) === 22 && Number(minor) < 19)) return path;
  }
  return undefined;
}

const older = await olderNode();

describe('an older Node.js', () => {
  test('is named in one sentence, with an exit code of its own', async () => {
    for (const version of ['18.20.4', '20.20.2', '22.18.0']) {
      const versions = `{ ...process.versions, node: '${version}' }`;
      const pretend = `data:text/javascript,Object.defineProperty(process, 'versions', { value: ${versions} })`;
      const { code, stderr } = await runProgram(process.execPath, ['--import', pretend, MAIN, 'version']);
      assert.equal(code, 69, stderr);
      assert.match(stderr, TOO_OLD);
      assert.ok(stderr.includes(version), stderr);
    }
  });

  test('reads the compiled entry', { skip: older === undefined && 'no older Node.js here' }, async () => {
    const compiled = join(temporaryFolder(), 'main.mjs');
    writeFileSync(compiled, stripTypeScriptTypes(readFileSync(MAIN, 'utf8')));
    const { code, stderr } = await runProgram(older ?? '', [compiled, 'run']);
    assert.equal(code, 69, stderr);
    assert.match(stderr, TOO_OLD);
  });
});

test('the oldest version is the same wherever it is named', () => {
  const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
  const { engines, devDependencies } = JSON.parse(read('package.json'));
  assert.equal(engines.node, '>=22.19');
  assert.match(read('src/main.ts'), /OLDEST = \[22, 19\]/);
  const [development] = String(devDependencies.node).split('.');
  for (const file of ['README.md', 'CONTRIBUTING.md']) {
    const named = [...read(file).matchAll(/Node(?:\.js)? (\d+(?:\.\d+)?)/g)].map(([, version]) => version);
    assert.ok(named.includes('22.19'), `${file} names no oldest version`);
    for (const version of named)
      assert.ok(['22.19', '20', development].includes(version), `${file}: ${version}`);
  }
});

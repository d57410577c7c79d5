import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeFolder } from '../../../src/core/make-folder.ts';

test('makes a folder with those above it, once or twice at the same time', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'make-folder-'));
  t.after(() => rmSync(root, { recursive: true }));
  const path = join(root, 'a', 'b', 'c');
  await Promise.all([makeFolder(path), makeFolder(path)]);
  await makeFolder(path);
  assert.ok(statSync(path).isDirectory());
  writeFileSync(join(root, 'file'), '');
  await assert.rejects(makeFolder(join(root, 'file')), { code: 'EEXIST' });
  await assert.rejects(makeFolder(join(root, 'file', 'below')), { code: 'ENOTDIR' });
  await assert.rejects(makeFolder(join(root, 'file', 'below', 'more')), { code: 'ENOTDIR' });
});

test('ends where the system makes none in a folder that there is', { skip: !existsSync('/proc/self') }, () =>
  assert.rejects(makeFolder('/proc/consul-ambassador/cache'), { code: 'ENOENT' }),
);

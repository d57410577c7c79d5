import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { test } from 'node:test';
import { howToGet, PREREQUISITES, sortByPrerequisites } from '../../support/prerequisites.ts';

const FILES = globSync('test/integration/**/*.test.ts').sort();

test('files that drive a missing program, directly or through what they import, are left out with how to get it', async () => {
  const { runnable, skipped } = await sortByPrerequisites(FILES, async (prerequisite) =>
    prerequisite.name === 'Chromium' ? howToGet(prerequisite) : undefined,
  );
  assert.deepEqual(
    skipped.map(({ reason }) => reason),
    ['Chromium is needed: apt-get install chromium, or set CHROMIUM_BIN to its path'],
  );
  const left = skipped.flatMap(({ files }) => files);
  assert.ok(left.includes('test/integration/dashboard/overview.test.ts'), left.join());
  assert.ok(left.includes('test/integration/dashboard/everybody.test.ts'), left.join());
  assert.ok(runnable.includes('test/integration/observability/alerts.test.ts'));
  assert.deepEqual([...left, ...runnable].sort(), FILES);
});

test('each prerequisite is needed by some test', async () => {
  for (const { name } of PREREQUISITES) {
    const { skipped } = await sortByPrerequisites(FILES, async (asked) =>
      asked.name === name ? 'missing' : undefined,
    );
    assert.ok(skipped.length === 1, name);
  }
});

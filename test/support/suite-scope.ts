// The life of what the tests of a suite share, for what is otherwise started for one test.

import type { TestContext } from 'node:test';
import { after } from 'node:test';

/** Call it in the suite, or at the top of the file: what is started in it ends after the last test, the latest first. */
export function suiteScope(): Pick<TestContext, 'after'> {
  const ends: (() => unknown)[] = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: (end) => void ends.push(end as () => unknown) };
}

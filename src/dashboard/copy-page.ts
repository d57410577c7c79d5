// The last step of a release's build: what of the page is no TypeScript goes beside what was compiled.

import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { contentTypeOf } from './asset.ts';

const FOLDER = join(import.meta.dirname, 'browser');

const TARGET = join(import.meta.dirname, '../../dist/dashboard/browser');

await cp(FOLDER, TARGET, {
  recursive: true,
  filter: (path) => path === FOLDER || !path.includes('.', FOLDER.length) || isPlainPart(path),
});

function isPlainPart(path: string): boolean {
  return !path.endsWith('.ts') && contentTypeOf(path) !== undefined;
}

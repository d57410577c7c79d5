import { readFileSync } from 'node:fs';

/** Beside `src` as well as beside the compiled `dist`. */
const PACKAGE_FILE = new URL('../../package.json', import.meta.url);

/** The ambassador's own version, from its package. */
export const VERSION = versionIn(JSON.parse(readFileSync(PACKAGE_FILE, 'utf8')));

function versionIn(read: unknown): string {
  const found = typeof read === 'object' && read !== null && 'version' in read ? read.version : undefined;
  if (typeof found !== 'string') throw new Error(`${PACKAGE_FILE.pathname} has no version`);
  return found;
}

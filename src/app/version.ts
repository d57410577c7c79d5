import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Beside `src` as well as beside the compiled `dist`. */
const PACKAGE_FILE = new URL('../../package.json', import.meta.url);

/** The ambassador's own version, from its package. */
export const VERSION = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(PACKAGE_FILE, 'utf8'))).version;

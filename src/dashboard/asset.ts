// A file of the page as it goes over the wire.

import { createHash } from 'node:crypto';
import { extname } from 'node:path';

export interface Asset {
  readonly body: string;
  readonly type: string;
  /** Of the content, so that a browser that asks again is answered 304. */
  readonly etag: string;
}

/** By what a file's name ends with. TypeScript is served with its types taken out. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** @returns undefined for a kind of file that the page has no use for */
export function contentTypeOf(path: string): string | undefined {
  return TYPES[extname(path)];
}

export function assetOf(body: string, type: string): Asset {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { body, type, etag };
}

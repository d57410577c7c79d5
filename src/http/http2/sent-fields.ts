// Field lines on their way into HTTP/2, the same for requests, responses and trailers. Source: RFC 9113 §8.2, RFC 9110 §5.3.

import { acceptsTrailers, isOfConnection } from './field-lines.ts';

/** Fields by lower-case name as node:http2 takes them, pseudo-header fields among them; several lines are a list. */
export type Http2Fields = Record<string, string | string[]>;

/** Lists of which node:http2 sends one line: several are joined. */
const JOINED = new Set(['content-encoding', 'content-language', 'if-match', 'if-none-match']);

/** What can be said once, of which node:http2 sends one line: a second is a contradiction, and the first counts. */
const SAID_ONCE = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-length',
  'content-location',
  'content-md5',
  'content-range',
  'content-type',
  'date',
  'dnt',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-range',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'range',
  'referer',
  'retry-after',
  'tk',
  'upgrade-insecure-requests',
  'user-agent',
  'x-content-type-options',
]);

/** What each line counts beside its own bytes. */
const LINE_OVERHEAD_BYTES = 32;

/** The size of a head as SETTINGS_MAX_HEADER_LIST_SIZE counts it, in bytes (RFC 9113 §6.5.2). */
export function headListBytes(fields: Http2Fields): number {
  let bytes = 0;
  for (const name in fields) {
    const values = fields[name] ?? [];
    for (const value of typeof values === 'string' ? [values] : values) {
      bytes += name.length + value.length + LINE_OVERHEAD_BYTES;
    }
  }
  return bytes;
}

export function emptyFields(): Http2Fields {
  return Object.create(null) as Http2Fields;
}

/**
 * Adds a line, unless it speaks of a connection; of TE only `trailers` stays. Several lines of a name stay several, as they
 * came, but for cookies (RFC 9113 §8.2.3) and what node:http2 takes one line of.
 * @param name in lower case
 */
export function addLine(into: Http2Fields, name: string, value: string): void {
  if (isOfConnection(name)) return;
  if (name === 'te') {
    if (acceptsTrailers(value)) into['te'] = 'trailers';
    return;
  }
  const before = into[name];
  if (before === undefined) into[name] = value;
  else if (SAID_ONCE.has(name)) return;
  else if (name === 'cookie') into[name] = `${before}; ${value}`;
  else if (JOINED.has(name)) into[name] = `${before}, ${value}`;
  else if (typeof before === 'string') into[name] = [before, value];
  else before.push(value);
}

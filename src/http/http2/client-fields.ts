// Header fields of requests to endpoints as HTTP/2 carries them: pure. Source: RFC 9113 §8.2, §8.3.

import { FIELD_VALUE, TOKEN } from '../http1/grammar.ts';
import type { Fields } from '../message.ts';
import { acceptsTrailers, isOfConnection } from './field-lines.ts';

/** Fields by lower-case name as node:http2 takes them, pseudo-header fields among them; a list is several lines. */
export type Http2Fields = Record<string, string | string[]>;

/** The fields cannot be said in HTTP/2. */
export class FieldFault extends Error {}

/** Fields of which node:http2 sends one line only: several are joined, as RFC 9110 §5.3 allows. */
const ONE_LINE = new Set([
  'access-control-allow-credentials',
  'access-control-max-age',
  'access-control-request-method',
  'age',
  'authorization',
  'content-encoding',
  'content-language',
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
  'if-match',
  'if-modified-since',
  'if-none-match',
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

export function emptyFields(): Http2Fields {
  return Object.create(null) as Http2Fields;
}

/**
 * Adds field lines, their names in lower case, without those of a connection; of TE only `trailers` stays.
 * @throws FieldFault when a name or value has characters that it may not have
 */
export function addFields(into: Http2Fields, fields: Fields): void {
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    if (!TOKEN.test(name)) throw new FieldFault(`${JSON.stringify(name)} is no name of a field`);
    if (!FIELD_VALUE.test(value))
      throw new FieldFault(`the field ${name} has characters that no field may have`);
    addField(into, name.toLowerCase(), value);
  }
}

function addField(into: Http2Fields, name: string, value: string): void {
  // The authority says the host.
  if (name === 'host' || isOfConnection(name)) return;
  if (name === 'te') {
    if (acceptsTrailers(value)) into['te'] = 'trailers';
    return;
  }
  const before = into[name];
  if (before === undefined) into[name] = value;
  else if (name === 'cookie') into[name] = `${before}; ${value}`;
  else if (ONE_LINE.has(name)) into[name] = `${before}, ${value}`;
  else if (typeof before === 'string') into[name] = [before, value];
  else before.push(value);
}

// What holds for the field lines of every message of HTTP/2, on both sides. Source: RFC 9113 §8.1, §8.2.2.

import type { Fields } from '../message.ts';

const CONNECTION_SPECIFIC = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** Whether a field speaks of one connection, and has no place in HTTP/2. @param name in lower case; TE is not among them */
export function isOfConnection(name: string): boolean {
  return CONNECTION_SPECIFIC.has(name);
}

/** Whether TE accepts trailers, which is all of it that HTTP/2 has a place for. */
export function acceptsTrailers(te: string): boolean {
  return /(?:^|[,\s])trailers(?:$|[,;\s])/i.test(te);
}

/** Field lines as node:http2 received them, without pseudo-header fields. */
export function receivedFields(raw: readonly string[]): Fields {
  const fields: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    if (!name.startsWith(':')) fields.push(name, raw[i + 1] as string);
  }
  return fields;
}

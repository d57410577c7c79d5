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

/** nghttp2 would leave out a field whose value has whitespace at its ends, be it the message of a gRPC status. */
export const TAKES_WHITESPACE = { strictFieldWhitespaceValidation: false } as const;

/**
 * A value without whitespace at its ends, which is none of it (RFC 9110 §5.5, RFC 9113 §8.2.1). Of `grpc-message` it is, and
 * is percent-encoded (gRPC over HTTP/2, "Percent-Encoded").
 * @param name in lower case
 */
export function receivedValue(name: string, value: string): string {
  if (!isSpace(value.charCodeAt(0)) && !isSpace(value.charCodeAt(value.length - 1))) return value;
  let from = 0;
  let to = value.length;
  while (isSpace(value.charCodeAt(from))) from++;
  while (to > from && isSpace(value.charCodeAt(to - 1))) to--;
  const inner = value.slice(from, to);
  if (name !== 'grpc-message') return inner;
  return encodeURIComponent(value.slice(0, from)) + inner + encodeURIComponent(value.slice(to));
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Field lines as node:http2 received them, without pseudo-header fields. */
export function receivedFields(raw: readonly string[]): Fields {
  const fields: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    if (!name.startsWith(':')) fields.push(name, receivedValue(name, raw[i + 1] as string));
  }
  return fields;
}

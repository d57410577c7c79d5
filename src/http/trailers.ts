// Which fields may stand behind the content. Source: RFC 9110 §6.5.1.

import { fieldValue } from './fields.ts';
import type { Fields } from './message.ts';
import { isOwnField } from './own-fields.ts';

/** Fields for framing, routing, authentication, or that say how the content is to be read: too late when it is over. */
const FORBIDDEN = new Set([
  'age',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-location',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expect',
  'expires',
  'host',
  'keep-alive',
  'location',
  'max-forwards',
  'pragma',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'retry-after',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'via',
  'warning',
  'www-authenticate',
]);

/** Fields of which even gRPC's metadata has none: they are of a connection, or of a message's beginning. */
const NEVER = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Those that may, in their order; what the ambassador says of itself stands in heads alone. */
export function allowedTrailers(trailers: Fields): Fields {
  return withoutNames(trailers, FORBIDDEN);
}

/** The same over HTTP/2, where trailers end no message: behind gRPC's status stands metadata of any name, as in a head. */
export function allowedHttp2Trailers(trailers: Fields): Fields {
  const isGrpc = fieldValue(trailers, 'grpc-status') !== undefined;
  return withoutNames(trailers, isGrpc ? NEVER : FORBIDDEN);
}

function withoutNames(trailers: Fields, names: ReadonlySet<string>): Fields {
  if (trailers.length === 0) return trailers;
  const allowed: string[] = [];
  for (let i = 0; i + 1 < trailers.length; i += 2) {
    const name = trailers[i] as string;
    if (!isOwnField(name) && !names.has(name.toLowerCase())) allowed.push(name, trailers[i + 1] as string);
  }
  return allowed;
}

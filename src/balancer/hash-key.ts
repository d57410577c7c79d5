// What a request is hashed by, so that requests of one user, session or resource meet one endpoint.

import type { HashSource } from './options.ts';
import { xxHash32 } from './xxhash32.ts';

/** What hashing may see of a request. */
export interface HashableRequest {
  /** The value of a header, its name in lower case; undefined when there is none. */
  header(name: string): string | undefined;
  /** The upstream path, with its query. */
  readonly path: string;
  /** The address of the caller; undefined on a unix socket. */
  readonly sourceAddress: string | undefined;
}

/**
 * The unsigned 32-bit hash of the first source that the request has a value for; undefined when it has none.
 * An empty value counts as none.
 */
export function requestHash(sources: readonly HashSource[], request: HashableRequest): number | undefined {
  for (const source of sources) {
    const value = sourceValue(source, request);
    if (value !== undefined && value !== '') return xxHash32(value);
  }
  return undefined;
}

function sourceValue(source: HashSource, request: HashableRequest): string | undefined {
  if (source.header !== undefined) return request.header(source.header.toLowerCase());
  if (source.cookie !== undefined) return cookieValue(request.header('cookie') ?? '', source.cookie);
  if (source.path === true) return request.path.split('?', 1)[0];
  return request.sourceAddress;
}

/** The first cookie of that name (RFC 6265 §4.2.1). Names are case-sensitive. */
function cookieValue(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}

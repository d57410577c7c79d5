// Which of a service's routes a request takes: the first that matches, else the service's own policy.

import type { RawHeaders } from '../transport/transport.ts';

/** Everything that is given must hold. */
export interface RouteMatch {
  readonly methods: readonly string[] | undefined;
  /** Of the upstream path, at a segment's boundary: /charges matches /charges and /charges/7, not /charges-old. */
  readonly pathPrefix: string | undefined;
  /** Its name in lower case; without a value, any value. */
  readonly header: { readonly name: string; readonly value: string | undefined } | undefined;
}

export interface MatchableRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: RawHeaders;
}

export function matchesRoute(
  { methods, pathPrefix, header }: RouteMatch,
  request: MatchableRequest,
): boolean {
  if (methods !== undefined && !methods.includes(request.method)) return false;
  if (pathPrefix !== undefined && !hasPathPrefix(request.path, pathPrefix)) return false;
  return header === undefined || hasHeader(request.headers, header);
}

function hasPathPrefix(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  const next = path[prefix.length];
  return prefix.endsWith('/') || next === undefined || next === '/' || next === '?';
}

function hasHeader(headers: RawHeaders, { name, value }: NonNullable<RouteMatch['header']>): boolean {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() !== name) continue;
    if (value === undefined || headers[i + 1] === value) return true;
  }
  return false;
}

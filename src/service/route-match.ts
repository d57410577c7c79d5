// Which of a service's routes a request takes: the first that matches, else the service's own policy.

import type { FieldMatch } from '../http/fields.ts';
import { matchesField } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';

/** Everything that is given must hold. */
export interface RouteMatch {
  readonly methods: readonly string[] | undefined;
  /** Of the upstream path, at a segment's boundary: /charges matches /charges and /charges/7, not /charges-old. */
  readonly pathPrefix: string | undefined;
  readonly header: FieldMatch | undefined;
}

export interface MatchableRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Fields;
  /** What was named with the service; undefined for none. */
  readonly tag?: string | undefined;
}

export function matchesRoute(
  { methods, pathPrefix, header }: RouteMatch,
  request: MatchableRequest,
): boolean {
  if (methods !== undefined && !methods.includes(request.method)) return false;
  if (pathPrefix !== undefined && !hasPathPrefix(request.path, pathPrefix)) return false;
  return header === undefined || matchesField(request.headers, header);
}

function hasPathPrefix(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  const next = path[prefix.length];
  return prefix.endsWith('/') || next === undefined || next === '/' || next === '?';
}

// Whether a request takes a route of a service-router. Everything that is given must hold. Pure. Source: Consul docs,
// "Service router configuration entry", Routes[].Match.HTTP, and Envoy's RouteMatch, which they are handed to.

import { fieldValue } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';

/** Of a text: whole, at its beginning or end, anywhere in it, by a regular expression over all of it, or any. */
export type TextMatch =
  | { readonly kind: 'present' }
  | { readonly kind: 'exact' | 'prefix' | 'suffix' | 'contains'; readonly text: string }
  /** `source` as it was written. */
  | { readonly kind: 'regex'; readonly pattern: RegExp; readonly source: string }
  /** What was asked for cannot be decided here: it never holds. */
  | { readonly kind: 'never' };

export interface NamedMatch {
  /** Of header fields in lower case. */
  readonly name: string;
  readonly match: TextMatch;
  readonly ignoreCase: boolean;
  /** Whether the opposite must hold. */
  readonly invert: boolean;
}

export interface RequestMatch {
  readonly path: { readonly match: TextMatch; readonly ignoreCase: boolean } | undefined;
  readonly headers: readonly NamedMatch[];
  readonly query: readonly NamedMatch[];
  /** Undefined for all. */
  readonly methods: ReadonlySet<string> | undefined;
}

/** What routing reads of a request. */
export interface RoutedRequest {
  readonly method: string;
  /** As the endpoint would get it, with its query. */
  readonly path: string;
  readonly headers: Fields;
}

export function matchesRequest(match: RequestMatch, { method, path, headers }: RoutedRequest): boolean {
  if (match.methods !== undefined && !match.methods.has(method)) return false;
  const queryAt = path.indexOf('?');
  if (match.path !== undefined) {
    const plain = queryAt === -1 ? path : path.slice(0, queryAt);
    if (!matchesText(match.path.match, plain, match.path.ignoreCase)) return false;
  }
  for (const wanted of match.headers) {
    if (!holds(wanted, fieldValue(headers, wanted.name))) return false;
  }
  if (match.query.length === 0) return true;
  const parameters = new URLSearchParams(queryAt === -1 ? '' : path.slice(queryAt + 1));
  return match.query.every((wanted) => holds(wanted, parameters.get(wanted.name) ?? undefined));
}

function holds({ match, ignoreCase, invert }: NamedMatch, value: string | undefined): boolean {
  // What cannot be decided does not hold by being inverted.
  if (match.kind === 'never') return false;
  return (value !== undefined && matchesText(match, value, ignoreCase)) !== invert;
}

function matchesText(match: TextMatch, written: string, ignoreCase: boolean): boolean {
  switch (match.kind) {
    case 'present':
      return true;
    case 'never':
      return false;
    case 'regex':
      return match.pattern.test(written);
  }
  const value = ignoreCase ? written.toLowerCase() : written;
  const text = ignoreCase ? match.text.toLowerCase() : match.text;
  switch (match.kind) {
    case 'exact':
      return value === text;
    case 'prefix':
      return value.startsWith(text);
    case 'suffix':
      return value.endsWith(text);
    case 'contains':
      return value.includes(text);
  }
}

// Which responses may be stored for use when the service fails, and for how long: RFC 9111 as a shared cache
// reads it, and RFC 5861's stale-if-error. Values in, values out.

import type { ResponseHead } from '../../http/attempt.ts';
import { fieldValue } from '../../http/fields.ts';
import type { Fields } from '../../http/message.ts';
import type { CacheDirectives } from './cache-control.ts';
import { cacheDirectives, directiveMs } from './cache-control.ts';

/** For how long a response may be used, from the moment when the endpoint made it. */
export interface Lifetime {
  /** How old it was when it came. */
  readonly initialAgeMs: number;
  readonly freshMs: number;
  /** How much longer when there is an error. */
  readonly staleMs: number;
}

/**
 * - `store`: it may be kept;
 * - `drop`: it may not, and what is kept of its kind may not be used any more;
 * - `leave`: it says nothing of what is kept.
 */
export type StoringVerdict = 'store' | 'drop' | 'leave';

export interface StorableRequest {
  readonly method: string;
  readonly headers: Fields;
}

/** RFC 9111 §3, of GET and 200 alone. */
export function storingVerdict(request: StorableRequest, head: ResponseHead): StoringVerdict {
  if (request.method !== 'GET') return 'leave';
  if (head.status === 404 || head.status === 410) return 'drop';
  if (head.status !== 200 || cacheDirectives(fieldValue(request.headers, 'cache-control')).has('no-store')) {
    return 'leave';
  }
  const directives = cacheDirectives(fieldValue(head.fields, 'cache-control'));
  if (isPersonal(request.headers) && !isForEveryone(directives)) return 'leave';
  // What needs the service's word each time (no-cache) is of no use without the service.
  if (directives.has('no-store') || directives.has('private') || directives.has('no-cache')) return 'drop';
  if (fieldValue(head.fields, 'set-cookie') !== undefined) return 'drop';
  return variesBy(head.fields) === '*' ? 'drop' : 'store';
}

/** The lower-case names of the request's fields that the response depends on, sorted; `*` when on anything. */
export function variesBy(headers: Fields): readonly string[] | '*' {
  const names = (fieldValue(headers, 'vary') ?? '').split(',').map((name) => name.trim().toLowerCase());
  if (names.includes('*')) return '*';
  return [...new Set(names)].filter((name) => name !== '').sort((a, b) => (a < b ? -1 : 1));
}

/**
 * RFC 9111 §4.2. What must be validated once it is stale cannot be used then (§4.2.4).
 * @param delayMs from sending the request to the head of the response
 * @param maxStaleMs for responses that do not say by themselves
 */
export function lifetimeOf(headers: Fields, delayMs: number, wallTime: number, maxStaleMs: number): Lifetime {
  const directives = cacheDirectives(fieldValue(headers, 'cache-control'));
  const date = httpDate(fieldValue(headers, 'date'));
  const age = Number(/^\d{1,10}$/.exec(fieldValue(headers, 'age') ?? '')?.[0] ?? 0) * 1000;
  const validatesWhenStale =
    directives.has('must-revalidate') || directives.has('proxy-revalidate') || directives.has('s-maxage');
  return {
    initialAgeMs: Math.max(0, date === undefined ? 0 : wallTime - date, age + delayMs),
    freshMs:
      directiveMs(directives, 's-maxage') ?? directiveMs(directives, 'max-age') ?? expiry(headers, date),
    staleMs: validatesWhenStale ? 0 : (directiveMs(directives, 'stale-if-error') ?? maxStaleMs),
  };
}

/** How old a response of this lifetime may be for this request; undefined when the caller accepts no stored one. */
export function longestAge(request: StorableRequest, { freshMs, staleMs }: Lifetime): number | undefined {
  const directives = cacheDirectives(fieldValue(request.headers, 'cache-control'));
  if (directives.has('no-store') || directives.has('no-cache')) return undefined;
  const asked = directiveMs(directives, 'stale-if-error') ?? Number.POSITIVE_INFINITY;
  return freshMs + Math.min(staleMs, asked);
}

function expiry(headers: Fields, date: number | undefined): number {
  const expires = httpDate(fieldValue(headers, 'expires'));
  return expires === undefined || date === undefined ? 0 : Math.max(0, expires - date);
}

function httpDate(value: string | undefined): number | undefined {
  // Every form of an HTTP date begins with the day's name; Date.parse alone would take "-1" for a year.
  if (value === undefined || !/^[A-Z][a-z]{2}/.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}

/**
 * RFC 9111 §3.5 says it of Authorization alone. A cookie names a person just as well, and a response given to the
 * wrong one cannot be taken back.
 */
function isPersonal(headers: Fields): boolean {
  return fieldValue(headers, 'authorization') !== undefined || fieldValue(headers, 'cookie') !== undefined;
}

function isForEveryone(directives: CacheDirectives): boolean {
  return directives.has('public') || directives.has('s-maxage') || directives.has('must-revalidate');
}

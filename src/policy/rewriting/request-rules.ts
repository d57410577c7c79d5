// What a service's rules make of a request before it goes to an endpoint. Pure.

import { fieldValue, withField } from '../../http/fields.ts';
import type { Fields } from '../../http/message.ts';

export interface HeaderRules {
  /** Names in lower case. */
  readonly dropped: ReadonlySet<string>;
  /** Name, value, name, value …: put at the end, after what is dropped is gone. */
  readonly appended: Fields;
}

/** Both without a slash at their end; the root is empty. */
export interface PathRule {
  readonly prefix: string;
  readonly replacement: string;
}

export interface RequestRules {
  readonly headers?: { readonly request?: HeaderRules | undefined } | undefined;
  readonly rewrite?: { readonly path?: PathRule | undefined } | undefined;
}

export interface SentRequest {
  readonly path: string;
  readonly headers: Fields;
}

/** What of the path was taken off before it came to the endpoint; Traefik's and Spring's field. */
export const FORWARDED_PREFIX = 'x-forwarded-prefix';

/** @returns undefined where the rules change nothing */
export function ruledRequest(
  { path, headers }: SentRequest,
  { headers: rules, rewrite }: RequestRules,
): SentRequest | undefined {
  const pathRule = rewrite?.path;
  const headerRules = rules?.request;
  if (pathRule === undefined && headerRules === undefined) return undefined;
  const rewritten = pathRule === undefined ? undefined : withPrefixReplaced(path, pathRule);
  let fields = headers;
  if (pathRule !== undefined && rewritten !== undefined && isTakenOff(pathRule)) {
    const before = fieldValue(fields, FORWARDED_PREFIX) ?? '';
    fields = withField(fields, FORWARDED_PREFIX, `${before}${pathRule.prefix}`);
  }
  if (headerRules !== undefined) fields = ruledFields(fields, headerRules);
  return { path: rewritten ?? path, headers: fields };
}

export function ruledFields(fields: Fields, { dropped, appended }: HeaderRules): Fields {
  const ruled: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    if (!dropped.has(name.toLowerCase())) ruled.push(name, fields[i + 1] as string);
  }
  ruled.push(...appended);
  return ruled;
}

/** Whether the rule only shortens paths, so that what it takes off can be put before them again. */
export function isTakenOff({ prefix, replacement }: PathRule): boolean {
  return replacement === '' && prefix !== '';
}

const SEGMENT_ENDS = new Set(['/', '?', '#']);

/** @returns undefined when the path does not begin with the segments of the prefix */
export function withPrefixReplaced(path: string, { prefix, replacement }: PathRule): string | undefined {
  if (!path.startsWith('/') || !path.startsWith(prefix)) return undefined;
  const rest = path.slice(prefix.length);
  if (rest !== '' && !SEGMENT_ENDS.has(rest[0] as string)) return undefined;
  const replaced = `${replacement}${rest}`;
  return replaced.startsWith('/') ? replaced : `/${replaced}`;
}

// Cache-Control, read (RFC 9111 §5.2).

/** Directives by lower-case name; the value of one without an argument is empty. */
export type CacheDirectives = ReadonlyMap<string, string>;

const DIRECTIVE = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]*)))?/g;

/** What no lifetime exceeds (RFC 9111 §1.2.2). */
const LONGEST_SECONDS = 2 ** 31;

export function cacheDirectives(value: string | undefined): CacheDirectives {
  const directives = new Map<string, string>();
  if (value === undefined) return directives;
  for (const [, name = '', quoted, plain] of value.matchAll(DIRECTIVE)) {
    const lower = name.toLowerCase();
    // Of several, the first holds (RFC 9111 §4.2.1).
    if (!directives.has(lower)) directives.set(lower, quoted ?? plain ?? '');
  }
  return directives;
}

/** A number of seconds as milliseconds; 0 for one that cannot be read, undefined without the directive. */
export function directiveMs(directives: CacheDirectives, name: string): number | undefined {
  const value = directives.get(name);
  if (value === undefined) return undefined;
  return /^\d+$/.test(value) ? Math.min(LONGEST_SECONDS, Number(value)) * 1000 : 0;
}

// Origins of web pages (RFC 6454).

/** Whether two name the same, such as `https://app.example` and `https://app.example:443/`. */
export function sameOrigin(a: string, b: string): boolean {
  if (a.toLowerCase() === b.toLowerCase()) return true;
  const own = originOf(a);
  return own !== undefined && own === originOf(b);
}

/** Undefined for what has none, such as `null` (RFC 6454 §6.1). */
export function originOf(url: string | undefined): string | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const { origin } = new URL(url);
  return origin === 'null' ? undefined : origin;
}

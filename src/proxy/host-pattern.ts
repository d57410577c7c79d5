// Hosts as requests and configurations write them, and patterns of them.

/** Without port, brackets and the dot at the end, in lower case. */
export function hostName(authority: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d*)?$/.exec(authority) ?? [];
  return (bracketed ?? authority.replace(/\.?(?::\d*)?$/, '')).toLowerCase();
}

/** @returns the port after the host; undefined without one */
export function portOf(authority: string): number | undefined {
  const [, digits] = /:(\d+)$/.exec(authority) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * @param name as `hostName` gives it
 * @param pattern such a name, `*.` and one for all names below it, or `*` for every one
 */
export function matchesHost(name: string, pattern: string): boolean {
  if (pattern === '*') return true;
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
}

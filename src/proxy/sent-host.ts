// What an endpoint sees as Host. Source: RFC 9112 §3.2, §3.2.2.

import type { Route } from './route.ts';

/**
 * @param wanted `keep`, `endpoint` or a name; undefined for what fits the addressing
 * @param authority what the client called
 * @returns undefined for the endpoint's own address
 */
export function sentHost(
  wanted: string | undefined,
  addressing: Route['addressing'],
  authority: string | undefined,
): string | undefined {
  const mode = wanted ?? (addressing === 'host' ? 'keep' : 'endpoint');
  if (mode === 'endpoint') return undefined;
  if (mode !== 'keep') return mode;
  return authority === '' ? undefined : authority;
}

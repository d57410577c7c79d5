// The secrets of a configuration, to be found where others repeat them.

import { secrets } from '../core/secrets.ts';

/** They are looked for in everything that this process says from now on. */
export function learnSecrets({ hidden }: { readonly hidden: ReadonlyMap<string, string> }): void {
  for (const secret of secretsBehind(hidden)) secrets.learn(secret);
}

/** The secrets themselves that stand behind redactions. */
export function secretsBehind(hidden: ReadonlyMap<string, string>): readonly string[] {
  return [...hidden.values()].flatMap((json) => textsIn(JSON.parse(json))).flatMap(secretParts);
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

/** Of a URL its user part alone; of credentials with a scheme (RFC 9110 §11.4) also what follows it. */
function secretParts(text: string): string[] {
  const [, user] = /:\/\/([^/]*)@/.exec(text) ?? [];
  if (user !== undefined) return [user, ...user.split(':').slice(1)];
  const [, credentials] = /^(?:Basic|Bearer|Token|ApiKey) +(\S.*)$/i.exec(text) ?? [];
  return credentials === undefined ? [text] : [text, credentials];
}

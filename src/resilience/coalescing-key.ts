// Which requests are the same: a pure reading of their heads.

import type { CallRequest } from './call.ts';
import { fieldValue } from './header-fields.ts';

const METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Fields that choose among the answers of one path (RFC 9110 §12.5, §13.1, §14.2), or how they are made. */
const ALWAYS = [
  'accept',
  'accept-encoding',
  'accept-language',
  'cache-control',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'prefer',
  'range',
];

/** Fields that name a person: an answer to one is none to another. */
const PERSONAL = ['authorization', 'cookie', 'proxy-authorization'];

/**
 * Equal for requests that may share an answer; undefined for one that may share none.
 * @param keyHeaders in lower case
 */
export function coalescingKey(request: CallRequest, keyHeaders: readonly string[]): string | undefined {
  const { method, path, headers, body, upgrade } = request;
  // Of a request whose content has not been asked for yet, `arriving` tells whether there is any.
  if (!METHODS.has(method) || upgrade !== undefined || body.arriving || body.received > 0) return undefined;
  for (const name of PERSONAL) {
    if (!keyHeaders.includes(name) && fieldValue(headers, name) !== undefined) return undefined;
  }
  const told = [...ALWAYS, ...keyHeaders].map((name) => fieldValue(headers, name) ?? null);
  return JSON.stringify([method, path, ...told]);
}

// Which requests are the same: a pure reading of their heads.

import { TRACE_FIELDS } from '../../core/trace-fields.ts';
import { fieldValue } from '../../http/fields.ts';
import type { CallRequest } from '../call.ts';

const METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Fields that differ between requests that ask the same: the way that each has come, its trace and its time. All
 * others count, since any of them may say who asks or what for: an API key, a tenant, a language.
 */
const OF_THE_MESSAGE = new Set([
  'date',
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
  'x-request-id',
  'x-correlation-id',
  'x-request-timeout-ms',
  'grpc-timeout',
  ...TRACE_FIELDS,
  // W3C Baggage, Jaeger, X-Ray, Google Cloud, Datadog, Sentry.
  'baggage',
  'uber-trace-id',
  'x-amzn-trace-id',
  'x-cloud-trace-context',
  'x-datadog-trace-id',
  'x-datadog-parent-id',
  'x-datadog-sampling-priority',
  'x-datadog-tags',
  'sentry-trace',
]);

/** Fields that name a person: a response to one is none to another. */
const PERSONAL = ['authorization', 'cookie', 'proxy-authorization'];

/** Names of header fields, in lower case. */
export interface KeyFields {
  /** Of those that name a person: by which requests may be distinguished, so that they are shared at all. */
  readonly keyHeaders: readonly string[];
  /** Further ones that do not distinguish requests. */
  readonly ignoreHeaders: readonly string[];
}

/** Equal for requests that may share a response; undefined for one that may share none. */
export function coalescingKey(
  { method, path, headers, body, upgrade, tag }: CallRequest,
  { keyHeaders, ignoreHeaders }: KeyFields,
): string | undefined {
  // Of a request whose content has not been asked for yet, `arriving` tells whether there is any.
  if (!METHODS.has(method) || upgrade !== undefined || body.arriving || body.received > 0) return undefined;
  for (const name of PERSONAL) {
    if (!keyHeaders.includes(name) && fieldValue(headers, name) !== undefined) return undefined;
  }
  const told: [name: string, value: string][] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const counts = keyHeaders.includes(name) || !(OF_THE_MESSAGE.has(name) || ignoreHeaders.includes(name));
    if (counts) told.push([name, headers[i + 1] as string]);
  }
  // Fields of other names may come in any order, those of one name may not (RFC 9110 §5.3): the sort is stable.
  told.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return JSON.stringify([method, path, tag?.toLowerCase() ?? null, ...told]);
}

// Header fields on their way through: which end here, and which a proxy adds (RFC 9110 §7.6, and the
// X-Forwarded-* fields that predate RFC 7239).

import { TRACE_FIELDS } from '../core/trace-fields.ts';
import { fieldValue } from '../http/fields.ts';
import type { Fields } from '../http/message.ts';
import { FORWARDED_PREFIX } from '../policy/rewriting/request-rules.ts';

/** Fields that speak of one connection only (RFC 9110 §7.6.1), and those that the transport writes itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'transfer-encoding',
  'upgrade',
  'te',
  'expect',
  'http2-settings',
]);

/** Most names differ from all of them in their length already. */
const HOP_BY_HOP_LENGTHS = new Set(Array.from(HOP_BY_HOP, ({ length }) => length));

function isHopByHop(name: string): boolean {
  return HOP_BY_HOP_LENGTHS.has(name.length) && HOP_BY_HOP.has(name.toLowerCase());
}

/** Fields that a Connection field may not name: without them the message would change its meaning. */
const NEVER_CONNECTION_OPTIONS = new Set(['host', 'content-length', 'content-type', 'content-encoding']);

const VIA = 'via';

/** The pseudonym under which the ambassador stands in Via (RFC 9110 §7.6.3). */
export const VIA_PSEUDONYM = 'ambassador';

/** What takes the place of Via where a service wants none: a loop must be noticed all the same. */
export const OWN_VIA = 'x-ambassador-via';

/** With the value 1, from this machine, it requests an explanation of the request in the response field of that name. */
export const EXPLAIN_HEADER = 'x-ambassador-explain';

const REQUEST_ID = 'x-request-id';

/** The id that the client gave its request; undefined for none, and for an empty one. */
export function requestIdOf(headers: Fields): string | undefined {
  return fieldValue(headers, REQUEST_ID) || undefined;
}

/** What the ambassador adds to a request. */
export interface ForwardingFields {
  /** The caller's address; undefined over a unix socket. */
  readonly remoteAddress: string | undefined;
  readonly httpVersion: string;
  /** What the client called with. */
  readonly scheme: 'http' | 'https';
  readonly requestId: string;
  /** What the client called: the host of an absolute target, else Host. */
  readonly authority: string | undefined;
  /** What takes the place of Max-Forwards; undefined where it does not count. */
  readonly forwardsLeft: number | undefined;
  /** Tells this process from others in Via, so that a loop is noticed. */
  readonly instanceId: string;
  /** Whether a Via is added. */
  readonly via: boolean;
  /** What was taken off the path to name the service, such as `/payments`; undefined for nothing. */
  readonly prefix: string | undefined;
  /** Whether the fields of a trace are written anew for each attempt; otherwise they pass through. */
  readonly traced: boolean;
}

/** How many fields have this name. */
export function headerCount(headers: Fields, name: string): number {
  let count = 0;
  for (let i = 0; i < headers.length; i += 2) {
    const field = headers[i];
    if (field?.length === name.length && field.toLowerCase() === name) count++;
  }
  return count;
}

/** The lower-case names that a Connection field lists, or undefined when it lists none of note. */
export function connectionOptions(value: string | undefined): ReadonlySet<string> | undefined {
  if (value === undefined) return undefined;
  const lower = value.toLowerCase();
  if (lower === 'keep-alive' || lower === 'close') return undefined;
  const options = new Set(lower.split(',').map((option) => option.trim()));
  for (const name of NEVER_CONNECTION_OPTIONS) options.delete(name);
  return options;
}

/**
 * The fields of a request as they go upstream, without Host, which names the endpoint. For an upgrade the
 * handshake's own fields stay; Connection and Upgrade are written by the transport.
 */
export function upstreamRequestHeaders(headers: Fields, fields: ForwardingFields): string[] {
  const listed = connectionOptions(fieldValue(headers, 'connection'));
  const sent: string[] = [];
  let forwardedFor: string | undefined;
  let via: string | undefined;
  let prefix = '';
  let cookieAt = -1;
  let hasForwardedProto = false;
  let hasForwardedHost = false;
  let hasRequestId = false;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    const lower = name.toLowerCase();
    switch (lower) {
      case 'host':
        continue;
      case 'via':
        via = via === undefined ? value : `${via}, ${value}`;
        continue;
      case 'cookie':
        // Several lines are one string (RFC 9113 §8.2.3), and HTTP/1.1 has one line (RFC 6265 §5.4).
        if (cookieAt !== -1) {
          sent[cookieAt] += `; ${value}`;
          continue;
        }
        cookieAt = sent.length + 1;
        break;
      case FORWARDED_PREFIX:
        prefix += value;
        continue;
      case 'x-forwarded-for':
        forwardedFor = forwardedFor === undefined ? value : `${forwardedFor}, ${value}`;
        continue;
      case 'x-ambassador-service':
      case EXPLAIN_HEADER:
        continue;
      case 'max-forwards':
        sent.push(name, fields.forwardsLeft === undefined ? value : String(fields.forwardsLeft));
        continue;
    }
    if (fields.traced && TRACE_FIELDS.has(lower)) continue;
    if (HOP_BY_HOP.has(lower) || listed?.has(lower)) {
      if (lower === 'te' && acceptsTrailers(value)) sent.push('te', 'trailers');
      continue;
    }
    if (lower === 'x-forwarded-proto') hasForwardedProto = true;
    else if (lower === 'x-forwarded-host') hasForwardedHost = true;
    else if (lower === REQUEST_ID) {
      if (value === '') continue;
      hasRequestId = true;
    }
    sent.push(name, value);
  }
  const ownVia = `${fields.httpVersion} ${VIA_PSEUDONYM}-${fields.instanceId}`;
  if (fields.via) {
    sent.push('via', via === undefined ? ownVia : `${via}, ${ownVia}`);
  } else {
    if (via !== undefined) sent.push('via', via);
    sent.push(OWN_VIA, ownVia);
  }
  prefix += fields.prefix ?? '';
  if (prefix !== '') sent.push(FORWARDED_PREFIX, prefix);
  if (fields.remoteAddress !== undefined) {
    forwardedFor =
      forwardedFor === undefined ? fields.remoteAddress : `${forwardedFor}, ${fields.remoteAddress}`;
  }
  if (forwardedFor !== undefined) sent.push('x-forwarded-for', forwardedFor);
  if (!hasForwardedProto) sent.push('x-forwarded-proto', fields.scheme);
  if (!hasForwardedHost && fields.authority !== undefined) sent.push('x-forwarded-host', fields.authority);
  if (!hasRequestId) sent.push(REQUEST_ID, fields.requestId);
  return sent;
}

/** The fields of a response as they go back to the client. */
export function downstreamResponseHeaders(headers: Fields): string[] {
  const listed = connectionOptions(fieldValue(headers, 'connection'));
  const sent: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    if (isHopByHop(name) || listed?.has(name.toLowerCase())) continue;
    sent.push(name, headers[i + 1] as string);
  }
  return sent;
}

/** Whether this process has already handled the request: it would go round for ever. */
export function wentThrough(headers: Fields, instanceId: string): boolean {
  const own = `${VIA_PSEUDONYM}-${instanceId}`;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const length = headers[i]?.length;
    if (length !== VIA.length && length !== OWN_VIA.length) continue;
    const name = headers[i]?.toLowerCase();
    if ((name === VIA || name === OWN_VIA) && headers[i + 1]?.includes(own) === true) return true;
  }
  return false;
}

function acceptsTrailers(te: string): boolean {
  return te
    .toLowerCase()
    .split(',')
    .some((coding) => coding.trim() === 'trailers');
}

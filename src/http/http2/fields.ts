// Heads of messages between HTTP/2 and the message layer. Source: RFC 9113 §8.2, §8.3; RFC 8441 §4.

import { isAuthority } from '../authority.ts';
import { CONTENT_LENGTH, quoted, TOKEN } from '../http1/grammar.ts';
import type { Fields, RequestHead } from '../message.ts';
import { isOfConnection, receivedValue } from './field-lines.ts';
import type { Http2Fields } from './sent-fields.ts';
import { addLine, emptyFields } from './sent-fields.ts';

/** Why a request of HTTP/2 is none that can go on. */
export class MalformedRequest extends Error {}

/** @throws MalformedRequest */
export function requestHeadOf(raw: readonly string[]): RequestHead {
  const pseudo = new Map<string, string>();
  const fields: string[] = [];
  let host: string | undefined;
  const cookies: string[] = [];
  let cookieAt = -1;
  let expectation: string | undefined;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    if (name.startsWith(':')) {
      pseudo.set(name, raw[i + 1] as string);
      continue;
    }
    const value = receivedValue(name, raw[i + 1] as string);
    if (name === 'host') {
      if (host !== undefined && host !== value) throw new MalformedRequest('It has two Host fields.');
      host = value;
    } else if (name === 'cookie') {
      if (cookies.push(value) > 1) continue;
      cookieAt = fields.push(name, value) - 1;
    } else if (!isOfConnection(name)) {
      fields.push(name, value);
      if (name === 'content-length' && !CONTENT_LENGTH.test(value)) {
        throw new MalformedRequest(`Its Content-Length is ${quoted(value)}.`);
      }
      if (name === 'expect') expectation = value.toLowerCase();
    }
  }
  // Joined at once: a sum of strings keeps each of them, with the memory of nghttp2 behind it.
  if (cookies.length > 1) fields[cookieAt] = cookies.join('; ');
  const authority = pseudo.get(':authority') ?? host;
  if (host !== undefined && authority?.toLowerCase() !== host.toLowerCase()) {
    throw new MalformedRequest('Its Host is another than its :authority.');
  }
  if (authority !== undefined && !isAuthority(authority)) {
    throw new MalformedRequest(`Its :authority is ${quoted(authority)}, which is not a host.`);
  }
  if (authority !== undefined) fields.unshift('host', authority);
  return {
    ...startOf(pseudo, authority),
    authority,
    scheme: schemeOf(pseudo.get(':scheme')),
    version: '2',
    expectation,
    fields,
  };
}

/** A CONNECT with a protocol is what a request with Upgrade is in HTTP/1.1 (RFC 8441 §5). */
function startOf(pseudo: ReadonlyMap<string, string>, authority: string | undefined) {
  const method = pseudo.get(':method') ?? '';
  const upgrade = pseudo.get(':protocol');
  if (!TOKEN.test(method)) throw new MalformedRequest(`Its method is ${quoted(method)}.`);
  if (method === 'CONNECT' && upgrade === undefined) {
    return { method, target: authority ?? '', upgrade };
  }
  const target = pseudo.get(':path') ?? '';
  if (!TARGET.test(target)) throw new MalformedRequest('Its :path has characters that none may have.');
  if (target.includes('#')) throw new MalformedRequest('A request target has no fragment.');
  return { method: upgrade === undefined ? method : 'GET', target, upgrade };
}

/** Absent from a CONNECT. */
function schemeOf(scheme = 'http'): 'http' | 'https' {
  const lower = scheme.toLowerCase();
  if (lower === 'http' || lower === 'https') return lower;
  throw new MalformedRequest(`Its :scheme is ${quoted(scheme)}.`);
}

const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/** As node:http2 takes them; see `addLine`. */
export function http2Fields(fields: Fields): Http2Fields {
  const sent = emptyFields();
  for (let i = 0; i + 1 < fields.length; i += 2) {
    addLine(sent, (fields[i] as string).toLowerCase(), fields[i + 1] as string);
  }
  return sent;
}

// The head of a request as it goes on the wire. Nothing that could be read as another line, field or request leaves.
// Source: RFC 9112 §3 (request line), §5 (fields), §6.3 (length of the body).

import type { AttemptRequest } from '../attempt.ts';
import { CONTENT_LENGTH, FIELD_VALUE, TOKEN } from './grammar.ts';

/** The request cannot be said in HTTP/1.1. */
export class RequestFault extends Error {}

const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/** Methods whose requests have a body by their meaning, so that one without it says so (RFC 9110 §8.6). */
const EXPECT_CONTENT = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH']);

/**
 * @returns the head to be written as latin1, with the empty line at its end
 * @throws RequestFault
 */
export function requestHead(
  { method, path, fields, body, upgrade }: AttemptRequest,
  authority: string,
): string {
  if (!TOKEN.test(method)) throw new RequestFault('the method is not a token');
  if (!TARGET.test(path)) throw new RequestFault('the target has characters that no target may have');
  const chunked = body !== undefined && body.length === undefined;
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\n${connectionFields(upgrade)}`;
  let length: number | undefined;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    const value = fields[i + 1] as string;
    if (!TOKEN.test(name)) throw new RequestFault(`${JSON.stringify(name)} is not a field name`);
    if (!FIELD_VALUE.test(value)) {
      throw new RequestFault(`the field ${name} has characters that no field may have`);
    }
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (length !== undefined || !CONTENT_LENGTH.test(value)) {
        throw new RequestFault('its length is not one number');
      }
      length = Number(value);
    } else if (!chunked && name.length === 7 && name.toLowerCase() === 'trailer') {
      // Only chunks can have something behind them.
      continue;
    }
    text += `${name}: ${value}\r\n`;
  }
  if (chunked) {
    if (length !== undefined) throw new RequestFault('its length is said of content without one');
    return `${text}transfer-encoding: chunked\r\n\r\n`;
  }
  const actual = body?.length ?? 0;
  if (length === undefined) {
    if (body !== undefined || EXPECT_CONTENT.has(method)) text += `content-length: ${actual}\r\n`;
  } else if (length !== actual) {
    throw new RequestFault(`its length is said to be ${length}, and is ${actual}`);
  }
  return `${text}\r\n`;
}

function connectionFields(upgrade: string | undefined): string {
  if (upgrade === undefined) return 'connection: keep-alive\r\n';
  if (!FIELD_VALUE.test(upgrade))
    throw new RequestFault('the protocol to switch to has forbidden characters');
  return `connection: upgrade\r\nupgrade: ${upgrade}\r\n`;
}

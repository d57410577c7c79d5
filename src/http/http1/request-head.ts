// The head of a request as it goes on the wire. Nothing that could be read as another line, field or request leaves.
// Source: RFC 9112 §3 (request line), §5 (fields), §6.3 (length of the body).

import type { AttemptRequest } from '../attempt.ts';

/** The request cannot be said in HTTP/1.1. */
export class RequestFault extends Error {}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const LENGTH = /^\d{1,15}$/;

/** Methods whose requests have a body by their meaning, so that one without it says so (RFC 9110 §8.6). */
const EXPECT_CONTENT = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH']);

export interface RequestHead {
  /** To be written as latin1, with the empty line at its end. */
  readonly text: string;
  /** Bytes that the body must have; undefined for one that is sent in chunks. */
  readonly length: number | undefined;
}

/** @throws RequestFault */
export function requestHead({ method, path, headers, body }: AttemptRequest, authority: string): RequestHead {
  if (!TOKEN.test(method)) throw new RequestFault('the method is no token');
  if (!TARGET.test(path)) throw new RequestFault('the target has characters that no target may have');
  let text = `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\nconnection: keep-alive\r\n`;
  let length: number | undefined;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (!TOKEN.test(name)) throw new RequestFault(`${JSON.stringify(name)} is no name of a field`);
    if (!VALUE.test(value)) throw new RequestFault(`the field ${name} has characters that no field may have`);
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (length !== undefined || !LENGTH.test(value)) throw new RequestFault('its length is not one number');
      length = Number(value);
    }
    text += `${name}: ${value}\r\n`;
  }
  if (body === null) {
    if (length !== undefined && length !== 0)
      throw new RequestFault(`${length} bytes of content are missing`);
    if (length === undefined && EXPECT_CONTENT.has(method)) text += 'content-length: 0\r\n';
    return { text: `${text}\r\n`, length: 0 };
  }
  if (Buffer.isBuffer(body)) {
    if (length === undefined) text += `content-length: ${body.length}\r\n`;
    else if (length !== body.length) {
      throw new RequestFault(`its length is said to be ${length}, and is ${body.length}`);
    }
    return { text: `${text}\r\n`, length: body.length };
  }
  if (length === undefined) text += 'transfer-encoding: chunked\r\n';
  return { text: `${text}\r\n`, length };
}

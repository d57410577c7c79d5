// The head of a request to an endpoint as HTTP/2 says it. Source: RFC 9113 §8.3.1, RFC 8441 §4 (extended CONNECT).

import type { AttemptRequest } from '../attempt.ts';
import { CONTENT_LENGTH, TOKEN } from '../http1/grammar.ts';
import { addFields, FieldFault } from './client-fields.ts';
import type { Http2Fields } from './sent-fields.ts';
import { emptyFields } from './sent-fields.ts';

const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/** The only protocol that a request over HTTP/2 switches to; other offers may be ignored (RFC 9110 §7.8). */
export const WEBSOCKET = 'websocket';

/** Whether the request is to become a tunnel. */
export function wantsTunnel({ upgrade }: Pick<AttemptRequest, 'upgrade'>): boolean {
  return upgrade?.toLowerCase() === WEBSOCKET;
}

/**
 * @param scheme of the connection that carries it
 * @param authority of the endpoint, where the request names none
 * @throws FieldFault
 */
export function requestFields(
  request: AttemptRequest,
  scheme: 'http' | 'https',
  authority: string,
): Http2Fields {
  const { method, path, fields, body } = request;
  if (!TOKEN.test(method)) throw new FieldFault('the method is not a token');
  if (!TARGET.test(path)) throw new FieldFault('the target has characters that no target may have');
  const head = emptyFields();
  const tunnel = wantsTunnel(request);
  head[':method'] = tunnel ? 'CONNECT' : method;
  if (tunnel) head[':protocol'] = WEBSOCKET;
  head[':scheme'] = scheme;
  head[':authority'] = request.authority ?? authority;
  head[':path'] = path;
  addFields(head, fields);
  if (tunnel) {
    // The key and the accept value prove to HTTP/1.1 that both sides mean a WebSocket (RFC 8441 §5).
    delete head['sec-websocket-key'];
    return head;
  }
  const length = head['content-length'];
  if (length === undefined) {
    if (body?.length !== undefined) head['content-length'] = String(body.length);
    return head;
  }
  if (typeof length !== 'string' || !CONTENT_LENGTH.test(length)) {
    throw new FieldFault('its length is not one number');
  }
  const actual = body === undefined ? 0 : body.length;
  if (actual === undefined) throw new FieldFault('its length is said of content without one');
  if (Number(length) !== actual) throw new FieldFault(`its length is said to be ${length}, and is ${actual}`);
  return head;
}

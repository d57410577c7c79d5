// Requests that ask to be responded to by the last of a number of intermediaries. Source: RFC 9110 §7.6.2, §9.3.7, §9.3.8.

import { fieldValue } from '../http/fields.ts';
import type { Fields, RequestHead, ResponseHead } from '../http/message.ts';

/** Fields that a TRACE must not reflect (RFC 9110 §9.3.8). */
const CONFIDENTIAL = new Set(['authorization', 'cookie', 'proxy-authorization']);

const COUNT = /^\d{1,9}$/;

/** The field as it goes on, by one less; undefined when the method does not count, or nothing is said that can be read. */
export function forwardsLeft(head: Pick<RequestHead, 'method' | 'fields'>): number | undefined {
  if (head.method !== 'OPTIONS' && head.method !== 'TRACE') return undefined;
  const value = fieldValue(head.fields, 'max-forwards');
  return value === undefined || !COUNT.test(value) ? undefined : Number(value) - 1;
}

/** The response of the last recipient: what it got for TRACE, and no more than that it is here for OPTIONS. */
export function lastRecipientResponse(head: RequestHead): {
  readonly head: ResponseHead;
  readonly body: Buffer;
} {
  if (head.method !== 'TRACE') {
    return { head: { status: 204, reasonPhrase: '', fields: [] }, body: Buffer.alloc(0) };
  }
  const body = Buffer.from(reflected(head), 'latin1');
  const headers: Fields = ['content-type', 'message/http', 'content-length', String(body.length)];
  return { head: { status: 200, reasonPhrase: '', fields: headers }, body };
}

function reflected({ method, target, version, fields }: RequestHead): string {
  let text = `${method} ${target} HTTP/${version}\r\n`;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i] as string;
    if (!CONFIDENTIAL.has(name.toLowerCase())) text += `${name}: ${fields[i + 1]}\r\n`;
  }
  return `${text}\r\n`;
}

// The head of a client's next request in what has arrived on its connection: pure. Source: RFC 9112 §2.2, §3.

import { AmbassadorError } from '../../core/errors.ts';
import type { RequestHead } from '../message.ts';
import { CARRIAGE_RETURN, HEAD_END, LINE_FEED, ProtocolFault } from './grammar.ts';
import type { ParsedRequest } from './request-line.ts';
import { faultOfPartialHead, parseRequest } from './request-line.ts';

export interface IncomingHead {
  readonly request: ParsedRequest;
  /** Where what follows it begins. */
  readonly end: number;
}

/** Where a head begins: empty lines before a request are read over (RFC 9112 §2.2). */
export function startOfHead(unread: Buffer): number {
  let start = 0;
  while (unread[start] === CARRIAGE_RETURN && unread[start + 1] === LINE_FEED) start += 2;
  return start;
}

/**
 * @param start where it begins
 * @returns undefined while it is not whole, and may still become a head
 * @throws AmbassadorError when it is none; then nothing more can be read from the connection
 */
export function readHead(
  unread: Buffer,
  start: number,
  maxBytes: number,
  scheme: RequestHead['scheme'],
): IncomingHead | undefined {
  const found = unread.indexOf(HEAD_END, start);
  if ((found === -1 ? unread.length : found + HEAD_END.length) > maxBytes) {
    throw new AmbassadorError(
      'headers_too_large',
      `The head of the request is longer than ${maxBytes} bytes.`,
    );
  }
  if (found === -1) {
    const fault = faultOfPartialHead(unread, start);
    if (fault !== undefined) throw new AmbassadorError('bad_request', fault);
    return undefined;
  }
  try {
    const request = parseRequest(unread.toString('latin1', start, found + 2), scheme);
    return { request, end: found + HEAD_END.length };
  } catch (error) {
    if (!(error instanceof ProtocolFault)) throw error;
    throw new AmbassadorError('bad_request', `The head of the request is faulty: ${error.message}.`);
  }
}

const HEAD_LINE = 'HEAD ';

/**
 * What a refusal responds to: as little as can be presumed of the client. Whatever else is wrong with it, a client that
 * said HEAD reads no content (RFC 9110 §9.3.2).
 */
export function unreadableRequest(unread: Buffer | undefined, start: number): ParsedRequest {
  const line = unread?.toString('latin1', start, start + HEAD_LINE.length);
  return {
    method: line === HEAD_LINE ? 'HEAD' : '',
    scheme: 'http',
    authority: undefined,
    target: '',
    version: '1.1',
    fields: [],
    upgrade: undefined,
    expectation: undefined,
    framing: 'none',
    length: 0,
    persistent: false,
  };
}

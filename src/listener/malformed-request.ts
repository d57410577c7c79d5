// What node:http could not parse: an answer for each kind, and always the end of the connection, whose state is
// in doubt from there on (RFC 9112 §2.2, §6.3).

import { AmbassadorError } from '../core/errors.ts';
import { STATUS_CODES } from '../http/node-http.ts';
import { problemAnswer } from '../proxy/problem.ts';

/** A request line whose only fault is a method that node:http does not know (RFC 9110 §9.1: answer 501). */
const WELL_FORMED_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) [^\s]+ HTTP\/1\.[01]\r\n/;

/** Whether what arrived is at fault, and not the connection: a caller that resets its own has asked for nothing. */
export function isRequestFault({ code }: NodeJS.ErrnoException): boolean {
  return code?.startsWith('HPE_') === true || code === 'ERR_HTTP_REQUEST_TIMEOUT';
}

export function malformedRequestError(
  error: NodeJS.ErrnoException & { rawPacket?: Buffer },
): AmbassadorError {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return new AmbassadorError('headers_too_large', 'The header section of the request is too large.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new AmbassadorError('request_timeout', 'The request did not arrive in time.');
    case 'HPE_INVALID_METHOD':
      if (WELL_FORMED_LINE.test(error.rawPacket?.toString('latin1', 0, 8192) ?? '')) {
        return new AmbassadorError(
          'not_implemented',
          'The method of the request is not one that can be forwarded.',
        );
      }
      return new AmbassadorError('bad_request', 'What arrived is not an HTTP/1.1 request.');
    default:
      return new AmbassadorError(
        'bad_request',
        `The request is not valid HTTP/1.1 (${error.code ?? error.message}).`,
      );
  }
}

/** The whole answer as it goes on the wire, with the end of the connection announced. */
export function malformedRequestAnswer(error: AmbassadorError, requestId: string): string {
  const answer = problemAnswer(error, { service: '', attempts: 0, requestId });
  let head = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}\r\n`;
  for (let i = 0; i + 1 < answer.headers.length; i += 2)
    head += `${answer.headers[i]}: ${answer.headers[i + 1]}\r\n`;
  if (!answer.headers.includes('connection')) head += 'connection: close\r\n';
  return `${head}\r\n${answer.body.toString('utf8')}`;
}

// How long a response may be silent: one that is silent by nature, for longer.

import { fieldValue } from '../http/fields.ts';
import { isGrpc } from '../http/grpc.ts';
import type { Fields } from '../http/message.ts';
import type { CallPolicy } from './service-policy.ts';

/** Source: WHATWG HTML, "Server-sent events". */
const EVENT_STREAM = /^text\/event-stream\s*(?:;|$)/i;

/** Milliseconds without a byte of a response, or of what is left of its request; 0 for ever. */
export function responseIdleMs(
  { timeout }: Pick<CallPolicy, 'timeout'>,
  request: Fields,
  response: Fields,
): number {
  const type = fieldValue(response, 'content-type');
  const isEvents = type !== undefined && EVENT_STREAM.test(type);
  return isEvents || isGrpc(request) ? timeout.idleStream : timeout.idle;
}

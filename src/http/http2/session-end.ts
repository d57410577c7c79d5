// How a session ends that its client would misuse. node:http2 has bounds of its own, but reports a client beyond them as an
// internal error, and closes sockets with bytes unread, so that their reset overtakes the GOAWAY that says why.

import type { Http2Session } from 'node:http2';
import { ENHANCE_YOUR_CALM } from './node-http2.ts';

/** What nghttp2 and node:http2 say when a client has gone too far: NGHTTP2_ERR_TOO_MANY_CONTINUATIONS, NGHTTP2_ERR_FLOODED. */
const FLOODS = new Set([-905, -904]);
const TOO_MANY_INVALID_FRAMES = 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES';

/**
 * From now on `destroy` says what floods are, and leaves the socket open for the client to close.
 * @param ending is called once, when the session begins to end: the socket should not outlive it for long
 */
export function endWithCare(session: Http2Session, ending: () => void): void {
  const destroy = session.destroy.bind(session);
  session.destroy = (error, code) => {
    if (session.destroyed) return;
    ending();
    if (error instanceof Error) letStackGo(error);
    // A session that counts as closed has its socket read on until the client closes it (RFC 9112 §9.6 says why).
    Object.defineProperty(session, 'closed', { value: true });
    destroy(error, isFlood(error) ? ENHANCE_YOUR_CALM : code);
  };
}

/**
 * Until its text is asked for, V8 holds whose methods were on the stack: the session's handle, which then would hold the session
 * for ever by a SETTINGS that the client does not acknowledge (https://github.com/nodejs/node/pull/34103).
 */
function letStackGo({ stack }: Error): boolean {
  return stack !== undefined;
}

function isFlood(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && error.code === TOO_MANY_INVALID_FRAMES) return true;
  return 'errno' in error && typeof error.errno === 'number' && FLOODS.has(error.errno);
}

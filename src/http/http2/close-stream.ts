// How a stream is reset: always in a turn of its own.

import type { Http2Stream } from 'node:http2';

/**
 * Resets the stream once what its connection is reading has been handled. Node.js 26 ends the process where a stream that
 * may still send trailers is reset before (an assertion in Http2Stream::OnTrailers): its RST_STREAM is put off, and it is
 * asked for trailers when it exists no more.
 */
export function closeStream(stream: Http2Stream, code: number): void {
  if (stream.closed) return;
  setImmediate(() => {
    if (!stream.closed) stream.close(code);
  });
}

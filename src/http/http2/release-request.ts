// Asks a client to stop sending a request whose response is whole already (RFC 9113 §8.1).

import type { ServerHttp2Stream } from 'node:http2';
import { NO_ERROR } from './node-http2.ts';

/** Node.js hands trailers to nghttp2 in the turn after they are given, and nghttp2 writes them in the next one. */
const TURNS = 3;

/**
 * Resets the stream without an error, once the response has left: a reset takes with it what has not, be it trailers or the
 * mark of the end. What still comes of the request has to be read meanwhile.
 * @param releasing called just before
 */
export function releaseRequest(stream: ServerHttp2Stream, releasing: () => void): void {
  const release = (): boolean => {
    if (stream.closed || stream.readableEnded) return true;
    if (stream.state.localClose !== 1) return false;
    releasing();
    stream.close(NO_ERROR);
    return true;
  };
  const inTurn = (turns: number): void => {
    setImmediate(() => {
      if (release()) return;
      if (turns > 1) inTurn(turns - 1);
      // The client is slow to read: what it sends next is looked at again.
      else stream.on('data', release);
    });
  };
  if (stream.writableFinished) inTurn(TURNS);
  else stream.once('finish', () => inTurn(TURNS));
}

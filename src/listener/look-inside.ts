// What a client sends in the tunnel of its CONNECT, by its first bytes.

import type { Clock } from '../core/clock.ts';
import type { ConnectionStream } from '../net/connection-stream.ts';
import { detectInside } from './detect.ts';

/** A client that is silent in its tunnel for so long waits for the endpoint to speak first, in milliseconds. */
const SILENCE_MS = 300;

/** One of the three is called, once. */
export interface Inside {
  readonly requests: (protocol: 'http/1.1' | 'h2', first: Buffer) => void;
  /** The stream is paused. */
  readonly bytes: (first: Buffer | undefined) => void;
  /** The client has left before that was known. */
  readonly left: () => void;
}

export function lookInside(stream: ConnectionStream, clock: Clock, inside: Inside): void {
  let bytes: Buffer | undefined;
  const stop = (): void => {
    silence.cancel();
    stream.off('data', look);
    stream.off('end', left);
    stream.off('close', left);
  };
  const left = (): void => {
    stop();
    stream.destroy();
    inside.left();
  };
  const carryBytes = (): void => {
    stop();
    stream.pause();
    inside.bytes(bytes);
  };
  const carryRequests = (begun: Buffer, protocol: 'http/1.1' | 'h2' = 'http/1.1'): void => {
    stop();
    inside.requests(protocol, begun);
  };
  const look = (chunk: Buffer): void => {
    bytes = bytes === undefined ? chunk : Buffer.concat([bytes, chunk]);
    const protocol = detectInside(bytes);
    if (protocol === 'http/1.1' || protocol === 'h2') carryRequests(bytes, protocol);
    else if (protocol !== undefined) carryBytes();
  };
  const silence = clock.schedule(SILENCE_MS, () => {
    // What may still become a request has the time of any other for its head.
    if (bytes === undefined) carryBytes();
    else carryRequests(bytes);
  });
  stream.on('data', look);
  stream.on('end', left);
  stream.on('close', left);
  stream.resume();
}

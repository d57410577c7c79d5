// A client's connection that reads into memory of ours. For a socket that was accepted Node.js allocates 64 KiB for each
// read: a read that waits for a slow peer becomes old before it is garbage, and of thousands dozens of MiB gather.

import { Socket } from 'node:net';
import type { ConnectionStream } from './connection-stream.ts';
import { sharedRead, sharedReadBuffer } from './shared-reads.ts';

/**
 * The same connection as a new socket, paused; the given one is closed. Who takes what it reads recycles it (`slabs.ts`).
 * @returns the given one where it has to stay: it is encrypted or no socket, or something waits to be sent
 */
export function withOwnReads(stream: ConnectionStream): ConnectionStream {
  if (!(stream instanceof Socket) || 'encrypted' in stream || stream.writableLength > 0) return stream;
  // As Node.js itself passes connections between processes.
  const handle = Reflect.get(stream, '_handle');
  if (handle === null || handle === undefined) return stream;
  stream.pause();
  const readAhead: unknown = stream.read();
  const options = {
    handle,
    allowHalfOpen: true,
    pauseOnCreate: true,
    // Nothing is read ahead of who takes it.
    readableHighWaterMark: 0,
    onread: {
      buffer: sharedReadBuffer,
      callback: (length: number): boolean => own.push(sharedRead(length)),
    },
  };
  const own = new Socket(options);
  if (readAhead instanceof Buffer) own.unshift(readAhead);
  // Its server goes on counting it.
  Reflect.set(own, '_server', Reflect.get(stream, '_server'));
  Reflect.set(stream, '_server', null);
  Reflect.set(stream, '_handle', null);
  stream.destroy();
  return own;
}

// A client's connection that reads into memory of ours. For a socket that was accepted Node.js allocates 64 KiB for each
// read: a read that waits for a slow peer becomes old before it is garbage, and of thousands dozens of MiB gather.

import { Socket } from 'node:net';
import type { ConnectionStream } from './connection-stream.ts';
import type { SharedReads } from './shared-reads.ts';

/**
 * The same connection as a new socket, paused; the given one is closed. Who takes what it reads recycles it (`slabs.ts`).
 * @returns the given one where it has to stay: it is encrypted or no socket, or something waits to be sent
 */
export function withOwnReads(stream: ConnectionStream, reads: SharedReads): ConnectionStream {
  const own = moved(stream, reads);
  if (own === undefined) return stream;
  // Its server goes on counting it.
  Reflect.set(own, '_server', Reflect.get(stream, '_server'));
  Reflect.set(stream, '_server', null);
  stream.destroy();
  return own;
}

/** The same where others watch the given one: it is closed when the new one is, and the other way round. */
export function withOwnReadsBehind(stream: ConnectionStream, reads: SharedReads): ConnectionStream {
  const own = moved(stream, reads);
  if (own === undefined) return stream;
  own.on('close', () => stream.destroy());
  stream.on('close', () => own.destroy());
  return own;
}

/** The given one has no connection any more then. */
function moved(stream: ConnectionStream, reads: SharedReads): Socket | undefined {
  if (!(stream instanceof Socket) || 'encrypted' in stream || stream.writableLength > 0) return undefined;
  const socket: Socket = stream;
  // As Node.js itself passes connections between processes.
  const handle = Reflect.get(socket, '_handle');
  if (handle === null || handle === undefined) return undefined;
  socket.pause();
  const readAhead = takeAll(socket);
  const options = {
    handle,
    allowHalfOpen: true,
    pauseOnCreate: true,
    // Nothing is read ahead of who takes it.
    readableHighWaterMark: 0,
    onread: {
      buffer: () => reads.buffer(),
      callback: (length: number): boolean => own.push(reads.take(length)),
    },
  };
  const own = new Socket(options);
  for (const chunk of readAhead.reverse()) own.unshift(chunk);
  Reflect.set(socket, '_handle', null);
  return own;
}

/** What a paused socket has read: one call gives no more than one read of it. */
function takeAll(socket: Socket): Buffer[] {
  const chunks: Buffer[] = [];
  for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read()) chunks.push(chunk);
  return chunks;
}

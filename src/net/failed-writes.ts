// A peer may respond and close before it has read all that is sent to it. Node.js ends a socket at its first failed
// write, and with it goes the response that the kernel already holds; here the socket stays, to be read to its end.

import type { Socket } from 'node:net';

type WriteCallback = (error?: Error | null) => void;

/** @param onFailed called for each write that failed; the socket goes on as if it had succeeded */
export function surviveFailedWrites(socket: Socket, onFailed: (error: Error) => void): void {
  const surviving =
    (callback: WriteCallback): WriteCallback =>
    (error) => {
      if (error) onFailed(error);
      callback();
    };
  const write = socket._write;
  socket._write = (chunk: unknown, encoding, callback) => {
    write.call(socket, chunk, encoding, surviving(callback));
  };
  const writev = socket._writev;
  if (writev === undefined) return;
  socket._writev = (chunks, callback) => writev.call(socket, chunks, surviving(callback));
}

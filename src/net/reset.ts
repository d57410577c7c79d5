// Ends a connection in such a way that its peer sees at once that it was not an orderly end.

import type { Socket } from 'node:net';

/** Resets the connection (RFC 9293 §3.10.7.4). What has no reset, such as a unix socket, is closed. */
export function resetConnection(socket: Socket): void {
  if (socket.destroyed) return;
  try {
    socket.resetAndDestroy();
  } catch {
    // Node.js resets nothing but plain TCP.
    socket.destroy();
  }
}

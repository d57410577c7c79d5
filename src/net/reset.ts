// Ends a connection in such a way that its peer sees at once that it was not an orderly end.

import type { ConnectionStream } from './connection-stream.ts';

/**
 * Resets the connection (RFC 9293 §3.10.7.4), whatever still waits to be sent. What has no reset, such as a unix socket, is
 * closed.
 */
export function resetConnection(socket: ConnectionStream): void {
  // One that is being shut down cannot be reset, and Node.js would lose its descriptor (libuv, uv_tcp_close_reset).
  const { writableEnded, writableFinished, writableLength } = socket;
  if (writableEnded && !writableFinished && writableLength === 0) socket.once('finish', () => reset(socket));
  else reset(socket);
}

function reset(socket: ConnectionStream): void {
  if (socket.destroyed) return;
  // Node.js ends the socket first: that is such a shutdown, and waits until all is sent, which may be never.
  socket.end = () => socket;
  try {
    socket.resetAndDestroy();
  } catch {
    // It resets nothing but plain TCP.
  }
  socket.destroy();
}

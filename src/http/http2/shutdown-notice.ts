// Notice that a connection ends: GOAWAY that names the last stream there can be, so that every one that is on its way is still
// taken (RFC 9113 §6.8). node:http2 takes no streams any more once it has sent a GOAWAY, so that this one is sent beside it.
//
// The session owns the native half of its socket, and node:http2 ends the process once a write is done there that it did not
// make (22 to 26: a CHECK in Http2Session::OnStreamAfterWrite): the socket's own `write` is not to be used.

import { writeSync } from 'node:fs';
import type { ConnectionStream } from '../../net/connection-stream.ts';

const NOTICE = Buffer.from('0000080700000000007fffffff00000000', 'hex');

/** @returns false where it cannot be sent now: nothing was */
export type SendNotice = () => boolean;

/** Undefined where there is no way: over TLS, and on systems where sockets have no descriptors. */
export function noticeOver(socket: ConnectionStream): SendNotice | undefined {
  const handle = nativeHalf(socket);
  if (handle === undefined) {
    return () => {
      socket.write(NOTICE);
      return true;
    };
  }
  if ('encrypted' in socket || !hasDescriptor(handle)) return undefined;
  return () => sendTo(handle, socket);
}

/** The native half of a socket in the clear. */
interface WithDescriptor {
  readonly fd: number;
  /** Bytes that wait for the kernel: the session writes whole frames, so that none is under way at 0. */
  readonly writeQueueSize: number;
}

function sendTo({ fd, writeQueueSize }: WithDescriptor, socket: ConnectionStream): boolean {
  if (fd < 0 || writeQueueSize > 0) return false;
  try {
    // A part of a frame makes nonsense of all that follows.
    if (writeSync(fd, NOTICE) < NOTICE.length) socket.destroy();
    return true;
  } catch {
    // The kernel has no room (EAGAIN), or the client has gone.
    return false;
  }
}

/** Undefined for a stream that stands for a socket, which node:http2 reads and writes by its methods. */
function nativeHalf(socket: ConnectionStream): object | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  return typeof handle === 'object' && handle !== null ? handle : undefined;
}

function hasDescriptor(handle: object): handle is WithDescriptor {
  return 'writeQueueSize' in handle && 'fd' in handle && typeof handle.fd === 'number' && handle.fd >= 0;
}

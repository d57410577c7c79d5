// What a session is read and written over, where frames have to be sent beside it. node:http2 takes over the native half of a
// socket, and ends the process once a write is done there that it did not make (22 to 26: a CHECK in
// Http2Session::OnStreamAfterWrite), so that the socket's own `write` is not to be used.

import { writeSync } from 'node:fs';
import type { ConnectionStream } from '../../net/connection-stream.ts';

export interface SessionCarrier {
  /** What node:http2 is given. */
  readonly stream: ConnectionStream;
  /** Sends whole frames between those of the session. @returns false where that cannot be now: nothing was sent */
  sendBeside(frames: Buffer): boolean;
}

export function carrierOf(socket: ConnectionStream): SessionCarrier {
  const descriptor = 'encrypted' in socket ? undefined : descriptorOf(socket);
  if (descriptor !== undefined) return new DescriptorCarrier(socket, descriptor);
  return {
    stream: withoutHandle(socket),
    sendBeside: (frames) => {
      socket.write(frames);
      return true;
    },
  };
}

/** The native half of a socket that is not encrypted. */
interface Descriptor {
  readonly fd: number;
  /** Bytes that wait for the kernel: the session writes whole frames, so that none is under way at 0. */
  readonly writeQueueSize: number;
}

class DescriptorCarrier implements SessionCarrier {
  readonly stream: ConnectionStream;
  readonly #descriptor: Descriptor;

  constructor(stream: ConnectionStream, descriptor: Descriptor) {
    this.stream = stream;
    this.#descriptor = descriptor;
  }

  sendBeside(frames: Buffer): boolean {
    const { fd, writeQueueSize } = this.#descriptor;
    if (fd < 0 || writeQueueSize > 0) return false;
    try {
      // A part of a frame makes nonsense of all that follows.
      if (writeSync(fd, frames) < frames.length) this.stream.destroy();
      return true;
    } catch {
      // The kernel has no room (EAGAIN), or the client has gone.
      return false;
    }
  }
}

/** Undefined for what is no socket, and on systems where sockets have no descriptors. */
function descriptorOf(socket: ConnectionStream): Descriptor | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle !== 'object' || handle === null || !('fd' in handle && 'writeQueueSize' in handle))
    return undefined;
  return typeof handle.fd === 'number' && handle.fd >= 0 ? (handle as Descriptor) : undefined;
}

/** The socket, to be read and written by its methods alone: node:http2 sees a stream like any other, and leaves its native half alone. */
function withoutHandle(socket: ConnectionStream): ConnectionStream {
  return new Proxy(socket, {
    get: (target, key) => {
      if (key === '_handle') return undefined;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

// Connections to endpoints. What speaks over them knows nothing of how they come about.

import { Socket } from 'node:net';

export interface DialTarget {
  readonly address: string;
  readonly port: number;
}

/** Who reads from a connection, into memory of its own. */
export interface Reader {
  /** Where the next read goes. */
  buffer(): Buffer;
  /** @param length bytes of the buffer given last have been read */
  read(length: number): void;
}

export interface Dialer {
  /**
   * Begins to connect. What goes wrong, then or later, is an `error` of the socket, followed by its `close`.
   * @param onConnected data can be sent
   */
  dial(target: DialTarget, reader: Reader, onConnected: () => void): Socket;
  /** Whether connections made by the other would be like those made by this one. */
  equals(other: Dialer): boolean;
}

/** Probes by TCP find a dead peer during a long silent response, in milliseconds. */
const TCP_KEEP_ALIVE_MS = 60_000;

/** In the clear. */
export class TcpDialer implements Dialer {
  dial({ address, port }: DialTarget, reader: Reader, onConnected: () => void): Socket {
    const socket = new Socket({
      allowHalfOpen: true,
      onread: {
        buffer: () => reader.buffer(),
        callback: (length: number) => {
          reader.read(length);
          return true;
        },
      },
    });
    socket.on('connect', onConnected);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    socket.connect({ host: address, port });
    return socket;
  }

  equals(other: Dialer): boolean {
    return other instanceof TcpDialer;
  }
}

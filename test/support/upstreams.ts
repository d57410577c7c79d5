// Real servers for tests: each on a port of the system's choice, closed when its test ends.

import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import type { TestContext } from 'node:test';

export interface Upstream {
  readonly port: number;
  /** Requests that arrived, in order: `METHOD target`. */
  readonly seen: string[];
  /** Connections open now. */
  readonly connections: ReadonlySet<Socket>;
  readonly server: Server;
  close(): Promise<void>;
}

/** An HTTP server that notes what it is asked. */
export async function startUpstream(
  t: Pick<TestContext, 'after'>,
  listener: RequestListener,
): Promise<Upstream> {
  const seen: string[] = [];
  const connections = new Set<Socket>();
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  server.on('connection', (socket) => {
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
      for (const socket of connections) socket.destroy();
    });
  t.after(close);
  return { port: (server.address() as AddressInfo).port, seen, connections, server, close };
}

export interface TcpUpstream {
  readonly port: number;
  readonly sockets: readonly Socket[];
}

/** A TCP server whose every byte is the test's affair. */
export async function startTcpUpstream(
  t: TestContext,
  onConnection: (socket: Socket) => void,
): Promise<TcpUpstream> {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** A port on which nobody listens. */
export async function unusedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// A listener in front of a server that passes bytes on and notes which status each request gets: what a browser keeps
// from its page, and from the tools that watch it, is seen here all the same.

import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';

export interface WireTap {
  /** `http://localhost:PORT`. */
  readonly url: string;
  /** The status of the response to the request for this target; undefined before it came. */
  statusOf(target: string): number | undefined;
}

export async function startWireTap(t: TestContext, server: string): Promise<WireTap> {
  const statuses = new Map<string, number>();
  const sockets = new Set<Socket>();
  const tap = createServer((client) => {
    const upstream = connect(Number(new URL(server).port), new URL(server).hostname);
    const waiting: string[] = [];
    client.on('data', (chunk) => {
      for (const [, target = ''] of chunk.toString('latin1').matchAll(/^[A-Z]+ (\S+) HTTP\/1\.1\r$/gm))
        waiting.push(target);
    });
    upstream.on('data', (chunk) => {
      for (const [, status] of chunk.toString('latin1').matchAll(/^HTTP\/1\.1 (\d{3}) /gm)) {
        statuses.set(waiting.shift() ?? '', Number(status));
      }
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => tap.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    tap.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = tap.address() as AddressInfo;
  return { url: `http://localhost:${port}`, statusOf: (target) => statuses.get(target) };
}

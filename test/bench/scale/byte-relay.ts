// Stands before a Consul agent and counts what goes through.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';

export interface ByteRelay {
  /** For the ambassador, in place of the agent's own. */
  readonly address: string;
  /** Bytes that the agent has sent so far, and bytes that were sent to it. */
  readonly answered: number;
  readonly asked: number;
}

/** @param target the agent's address, `http://HOST:PORT` */
export async function startByteRelay(
  scope: { readonly after: (end: () => unknown) => void },
  target: string,
): Promise<ByteRelay> {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  const count = { answered: 0, asked: 0 };
  const pass = (from: Socket, to: Socket, seen: (bytes: number) => void): void => {
    open.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk: Buffer) => seen(chunk.length));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      open.delete(from);
      to.destroy();
    });
    from.pipe(to);
  };
  const server = createServer((client) => {
    const agent = connect(Number(port), hostname);
    pass(client, agent, (bytes) => {
      count.asked += bytes;
    });
    pass(agent, client, (bytes) => {
      count.answered += bytes;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('expected a TCP address');
  return {
    address: `http://127.0.0.1:${bound.port}`,
    get answered() {
      return count.answered;
    },
    get asked() {
      return count.asked;
    },
  };
}

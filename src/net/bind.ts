// How a server gets its address. A crash leaves the file of a unix socket behind, and the next start must not fail
// over it.

import { lstat, unlink } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { connect } from 'node:net';
import type { ListenAddress } from './listen-address.ts';
import { applyPermissions, closedToOthers } from './socket-permissions.ts';

/** The part of a server that binding needs. */
export interface Bindable {
  listen(at: { readonly path?: string; readonly host?: string; readonly port?: number }): Promise<unknown>;
  readonly server: { address(): AddressInfo | string | null; close(): unknown };
}

/**
 * Binds the address; resolves to what was bound, with the real port where port 0 was asked for.
 * @throws Error EADDRINUSE when the address is in use, or the path is a file that is no socket; why a unix socket cannot have
 *   its permissions
 */
export async function bind(app: Bindable, address: ListenAddress): Promise<ListenAddress> {
  if (address.kind === 'unix') {
    await removeStaleSocket(address.path);
    const { path, permissions } = address;
    if (permissions === undefined) {
      await app.listen({ path });
      return address;
    }
    await closedToOthers(() => app.listen({ path }));
    try {
      await applyPermissions(path, permissions);
    } catch (error) {
      app.server.close();
      throw error;
    }
    return address;
  }
  await app.listen({ host: address.host, port: address.port });
  const bound = app.server.address();
  return bound === null || typeof bound === 'string'
    ? address
    : { kind: 'tcp', host: bound.address, port: bound.port };
}

/** A plain server as binding needs it. @param backlog how many clients wait to be accepted */
export function bindable(server: Server, backlog: number): Bindable {
  return {
    server,
    listen: (at) =>
      new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ ...at, backlog }, () => {
          server.off('error', reject);
          resolve();
        });
      }),
  };
}

/** Removes a socket without a listener; whatever else is there stays. */
async function removeStaleSocket(path: string): Promise<void> {
  const file = await lstat(path).catch(() => undefined);
  if (file?.isSocket() === true && (await refusesConnections(path))) await unlink(path);
}

function refusesConnections(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(false);
    });
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

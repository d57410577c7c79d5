// Whether the program at the other end of a connection on this machine has accepted it: the kernel completes connections
// by itself, so that one to a program that hangs, or is stopped, stands like any other.

import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** TCP_ESTABLISHED of the kernel's tcp_states.h, as /proc/net/tcp writes it. */
const ESTABLISHED = '01';

/** Of a connection that no program holds. */
const NO_INODE = '0';

/**
 * @returns undefined where it cannot be told: on other systems, for other machines, and where the kernel itself waits for
 * the first bytes (TCP_DEFER_ACCEPT)
 */
export async function isAccepted({
  localPort,
  remotePort,
}: Pick<Socket, 'localPort' | 'remotePort'>): Promise<boolean | undefined> {
  if (localPort === undefined || remotePort === undefined) return undefined;
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((table) => readFile(`/proc/net/${table}`, 'utf8').catch(() => '')),
  );
  return acceptedIn(tables.join('\n'), { server: remotePort, client: localPort });
}

/** Columns: proc_net_tcp.rst of the kernel's documentation. */
export function acceptedIn(
  tables: string,
  { server, client }: { readonly server: number; readonly client: number },
): boolean | undefined {
  // One pass over what may be thousands of lines, of which one matters.
  const ends = new RegExp(`^ *\\d+: [0-9A-F]+:${hex(server)} [0-9A-F]+:${hex(client)} .*$`, 'm');
  const columns = ends.exec(tables)?.[0].trim().split(/\s+/);
  if (columns === undefined || columns[3] !== ESTABLISHED) return undefined;
  return columns[9] !== NO_INODE;
}

function hex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

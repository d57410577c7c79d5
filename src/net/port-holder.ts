// Which process listens on a TCP port, as Linux tells it in /proc; elsewhere, and of other users' processes, nothing is known.

import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

/** TCP_LISTEN of the kernel's tcp_states.h, as /proc/net/tcp writes it. */
const LISTENING = '0A';

/** Such as `pid 4711 (node)`; undefined when it cannot be found out. */
export async function describePortHolder(port: number): Promise<string | undefined> {
  const inodes = new Set((await Promise.all(['tcp', 'tcp6'].map((table) => listening(table, port)))).flat());
  if (inodes.size === 0) return undefined;
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) return `pid ${pid} (${await nameOf(pid)})`;
    }
  }
  return undefined;
}

/** The inodes of sockets that listen on the port. Columns: proc_net_tcp.rst of the kernel's documentation. */
async function listening(table: string, port: number): Promise<readonly string[]> {
  const text = await readFile(`/proc/net/${table}`, 'utf8').catch(() => '');
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return text
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === LISTENING && local.endsWith(`:${hex}`))
    .map((columns) => columns[9] ?? '');
}

async function nameOf(pid: string): Promise<string> {
  // Not `comm`, which a thread may have renamed.
  const [program = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
  return program === '' ? 'unknown' : basename(program);
}

// Which process listens on a TCP port, as Linux tells it in /proc; elsewhere nothing is known.

import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

/** TCP_LISTEN of the kernel's tcp_states.h, as /proc/net/tcp writes it. */
const LISTENING = '0A';

/** A socket that listens. */
export interface ListeningSocket {
  readonly inode: string;
  /** Of the user whose process opened it. */
  readonly uid: string;
}

/**
 * Such as `pid 4711 (node)`, or `a process of root` when it is another user's, which cannot be looked at; undefined when it
 * cannot be found out.
 */
export async function describePortHolder(port: number): Promise<string | undefined> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(textOf));
  const sockets = tables.flatMap((table) => listeningOn(port, table));
  const [first] = sockets;
  if (first === undefined) return undefined;
  const inodes = new Set(sockets.map(({ inode }) => inode));
  for (const pid of (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) return `pid ${pid} (${await nameOf(pid)})`;
    }
  }
  return `a process of ${userName(first.uid, await textOf('/etc/passwd'))}`;
}

/** @param table the text of /proc/net/tcp, whose columns proc_net_tcp.rst of the kernel's documentation has */
export function listeningOn(port: number, table: string): readonly ListeningSocket[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local = '', , state]) => state === LISTENING && local.endsWith(`:${hex}`))
    .map((columns) => ({ inode: columns[9] ?? '', uid: columns[7] ?? '' }));
}

/** @param passwd the text of /etc/passwd */
export function userName(uid: string, passwd: string): string {
  const users = passwd.split('\n').map((line) => line.split(':'));
  return users.find(([, , id]) => id === uid)?.[0] ?? `the user with id ${uid}`;
}

async function nameOf(pid: string): Promise<string> {
  // Not `comm`, which a thread may have renamed.
  const [program = ''] = (await textOf(`/proc/${pid}/cmdline`)).split('\0');
  return program === '' ? 'unknown' : basename(program);
}

/** Empty when it cannot be read. */
async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

// Who may open a unix socket of ours: those who may write to its file.

import { chmod, chown, readFile } from 'node:fs/promises';

export interface SocketPermissions {
  /** Bits such as 0o660; undefined: what the process's umask leaves. */
  readonly mode?: number;
  /** A name or a number; undefined: who runs the process. */
  readonly owner?: string;
  readonly group?: string;
}

/** The owner alone, until the file has its own permissions. */
const TIGHT_UMASK = 0o177;

/** Makes files closed to all others while `bind` runs, up to its first wait. */
export function closedToOthers<T>(bind: () => T): T {
  const before = process.umask(TIGHT_UMASK);
  try {
    return bind();
  } finally {
    process.umask(before);
  }
}

/** The group goes first, so that the mode never opens the file to another one. @throws Error naming what is unknown or not allowed */
export async function applyPermissions(
  path: string,
  { mode, owner, group }: SocketPermissions,
): Promise<void> {
  if (owner !== undefined || group !== undefined) {
    const uid = owner === undefined ? -1 : await idOf(owner, '/etc/passwd', 'user');
    const gid = group === undefined ? -1 : await idOf(group, '/etc/group', 'group');
    await chown(path, uid, gid);
  }
  if (mode !== undefined) await chmod(path, mode);
}

/** Source: passwd(5), group(5): the name is the first field, the id the third. */
async function idOf(name: string, file: string, what: string): Promise<number> {
  if (/^\d+$/.test(name)) return Number(name);
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const id = lines.map((line) => line.split(':')).find(([known]) => known === name)?.[2];
  if (id === undefined || !/^\d+$/.test(id)) throw new Error(`there is no ${what} ${name} in ${file}`);
  return Number(id);
}

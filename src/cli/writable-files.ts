// Whether files could be written that a start has not made yet. Nothing is created to find out.

import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Remark } from '../config/place.ts';
import type { Path } from '../config/raw.ts';
import { codeOf, messageOf } from '../core/errors.ts';

export interface PreflightRemark extends Remark {
  /** What to do about it, one line. */
  readonly remedy: string;
}

export interface WrittenFile {
  /** Where it is named. */
  readonly path: Path;
  readonly file: string;
  /** Whether each write makes another one beside it, and the folder where there is none. */
  readonly replaces: boolean;
}

export const WRITABLE = 'name a path in a folder that there is and that this user may write';

/** Less is soon none. */
const ROOM_BYTES = 1024 ** 2;

export async function unwritable({
  path,
  file,
  replaces,
}: WrittenFile): Promise<PreflightRemark | undefined> {
  const at = await stat(file).catch(() => undefined);
  if (at?.isDirectory() === true)
    return { path, message: `expected a file, and ${file} is a folder`, remedy: 'name a file in it' };
  const written = at === undefined || replaces ? await existingFolder(file, replaces) : file;
  const fault = await faultOf(written, written !== file);
  if (fault !== undefined)
    return { path, message: `${file} cannot be written: ${written}: ${fault}`, remedy: WRITABLE };
  const free = await freeBytes(written);
  if (free === undefined || free >= ROOM_BYTES) return undefined;
  return {
    path,
    message: `${file} has only ${Math.floor(free / 1024)} KiB left on its disk`,
    remedy: 'make room there, or name a path on another disk',
  };
}

/** Where it would be created. */
async function existingFolder(file: string, createsFolders: boolean): Promise<string> {
  let folder = dirname(file);
  while (
    createsFolders &&
    dirname(folder) !== folder &&
    (await stat(folder).catch(() => undefined)) === undefined
  ) {
    folder = dirname(folder);
  }
  return folder;
}

async function faultOf(written: string, isFolder: boolean): Promise<string | undefined> {
  const at = await stat(written).catch(() => undefined);
  if (isFolder && at?.isDirectory() === false) return 'it is no folder';
  return access(written, constants.W_OK).then(() => undefined, faultText);
}

/** Undefined where the system does not say. */
async function freeBytes(written: string): Promise<number | undefined> {
  const { bavail, bsize, blocks } = await statfs(written).catch(() => NOTHING);
  // File systems that have no blocks, as /proc, have none to run out of.
  return blocks === 0 ? undefined : bavail * bsize;
}

const NOTHING = { bavail: 0, bsize: 0, blocks: 0 };

const FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'there is no such file or folder',
  EACCES: 'no permission',
  EROFS: 'the file system is read-only',
};

export function faultText(error: unknown): string {
  return FAULTS[codeOf(error)] ?? messageOf(error);
}

import { readFile } from 'node:fs/promises';
import type { AdminConfig } from '../config/types.ts';
import { fileFault } from '../core/file-fault.ts';
import { secrets } from '../core/secrets.ts';

/**
 * What a call to the admin API that changes something must show; undefined when none is configured.
 * @throws Error when its file cannot be read or is empty
 */
export async function readAdminToken({ token, tokenFile }: AdminConfig): Promise<string | undefined> {
  if (tokenFile === undefined) return token;
  try {
    const read = (await readFile(tokenFile, 'utf8')).trim();
    secrets.learn(read);
    if (read !== '') return read;
  } catch (error) {
    throw new Error(`${tokenFile}, the admin token's file, cannot be read: ${fileFault(error)}`);
  }
  throw new Error(`${tokenFile}, the admin token's file, is empty`);
}

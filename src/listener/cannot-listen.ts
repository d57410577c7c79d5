// That an address cannot be had: which key of the configuration asks for it, and who has it.

import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import { describePortHolder } from '../net/port-holder.ts';
import { formatAddress } from './listener.ts';

export class CannotListen extends Error {
  override readonly name = 'CannotListen';
  /** The key of the configuration that asks for it, such as `services.payments.listen`. */
  readonly key: string;

  private constructor(key: string, message: string, cause: unknown) {
    super(message, { cause });
    this.key = key;
  }

  /** Looks who has the address, and whether there is a folder for it. Never rejects. */
  static async because(key: string, address: ListenAddress, cause: unknown): Promise<CannotListen> {
    const why = (await holderOf(address, cause)) ?? (await missingFolder(address)) ?? messageOf(cause);
    return new CannotListen(key, `cannot listen on ${formatAddress(address)}: ${why}`, cause);
  }
}

async function holderOf(address: ListenAddress, cause: unknown): Promise<string | undefined> {
  const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
  if (!isTaken || address.kind !== 'tcp') return undefined;
  const holder = await describePortHolder(address.port).catch(() => undefined);
  return `it is taken${holder === undefined ? '' : ` by ${holder}`} (EADDRINUSE)`;
}

/** Node.js tells it as a permission that is missing. */
async function missingFolder(address: ListenAddress): Promise<string | undefined> {
  if (address.kind !== 'unix') return undefined;
  const folder = dirname(address.path);
  return stat(folder).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? `there is no folder ${folder}` : undefined),
  );
}

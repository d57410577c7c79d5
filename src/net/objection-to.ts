// Whether an address that an operator names must not be called, wherever its name resolves to now.

import { lookup } from 'node:dns/promises';
import type { CallableAddresses } from './callable-addresses.ts';

export interface NamedPlace {
  /** Empty for a unix socket. */
  readonly address: string;
  readonly port: number;
  readonly socketPath?: string | undefined;
}

/**
 * A name that cannot be resolved now may be one that can be later: that is no objection.
 * @returns what is there, such as "a port of this ambassador itself"; undefined when it may be called
 */
export async function objectionTo(
  { address, port, socketPath }: NamedPlace,
  addresses: CallableAddresses,
): Promise<string | undefined> {
  if (socketPath !== undefined) {
    return addresses.isOwnSocket(socketPath) ? 'a socket of this ambassador itself' : undefined;
  }
  const found = await lookup(address, { all: true }).catch(() => []);
  for (const candidate of [address, ...found.map((entry) => entry.address)]) {
    const objection = addresses.objection(candidate, port);
    if (objection !== undefined) return objection;
  }
  return undefined;
}

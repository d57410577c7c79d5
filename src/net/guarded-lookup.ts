// Resolves the names of endpoints, and leaves out the addresses at which nothing is called: a name may lead there too, and
// another time than when it was registered.

import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { CallableAddresses } from './callable-addresses.ts';
import { allowingLine } from './callable-addresses.ts';

/** A name leads to addresses at which nothing is called. */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';

  constructor(name: string, address: string, what: string) {
    super(`${name} leads to ${address}, ${what}; to call it, ${allowingLine(address)}`);
  }
}

/** What a socket that connects to this port takes as its `lookup`. */
export function guardedLookup(addresses: CallableAddresses, port: number): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, []);
      const refused: (readonly [LookupAddress, string])[] = [];
      const callable = found.filter((entry) => {
        const objection = addresses.objection(entry.address, port);
        if (objection !== undefined) refused.push([entry, objection]);
        return objection === undefined;
      });
      const [first] = callable;
      const [wrong] = refused;
      if (first === undefined && wrong !== undefined) {
        return callback(new ForbiddenAddress(name, wrong[0].address, wrong[1]), []);
      }
      if (options.all === true || first === undefined) return callback(null, callable);
      return callback(null, first.address, first.family);
    });
  };
}

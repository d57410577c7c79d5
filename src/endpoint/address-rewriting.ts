// Other places for endpoints whose own are known only elsewhere, such as inside a compose network: the first rule that
// matches says where each is reached from here.

import { BlockList, isIP } from 'node:net';
import type { Endpoint } from './endpoint.ts';

/** A host and perhaps a port; IPv6 without brackets. */
export interface RewrittenPlace {
  readonly host: string;
  /** Undefined for any, and for the one that it has. */
  readonly port: number | undefined;
}

export interface RewriteRule {
  readonly from: RewrittenPlace & {
    /** Of a block of addresses, in bits; undefined for one host. */
    readonly prefix: number | undefined;
  };
  readonly to: RewrittenPlace;
}

interface Matcher {
  readonly matches: (address: string, port: number) => boolean;
  readonly to: RewrittenPlace;
}

export class AddressRewriting {
  #matchers: readonly Matcher[] = [];
  /** An endpoint that stays the same is the same object again. */
  #rewritten = new WeakMap<Endpoint, Endpoint>();

  constructor(rules: readonly RewriteRule[] = []) {
    this.replace(rules);
  }

  /** Goes by these from now on. */
  replace(rules: readonly RewriteRule[]): void {
    this.#matchers = rules.map(({ from, to }) => ({ matches: matcherOf(from), to }));
    this.#rewritten = new WeakMap();
  }

  /** @returns the same array where no rule matches */
  apply(endpoints: readonly Endpoint[]): readonly Endpoint[] {
    if (this.#matchers.length === 0) return endpoints;
    let isSame = true;
    const rewritten = endpoints.map((endpoint) => {
      const result = this.rewrite(endpoint);
      if (result !== endpoint) isSame = false;
      return result;
    });
    return isSame ? endpoints : rewritten;
  }

  rewrite(endpoint: Endpoint): Endpoint {
    const known = this.#rewritten.get(endpoint);
    if (known !== undefined) return known;
    const { address, port, socketPath, addressFault } = endpoint;
    if (socketPath !== undefined || addressFault !== undefined) return endpoint;
    const rule = this.#matchers.find(({ matches }) => matches(address, port));
    const result =
      rule === undefined
        ? endpoint
        : {
            ...endpoint,
            address: rule.to.host,
            port: rule.to.port ?? port,
            discoveredAt: { address, port },
          };
    this.#rewritten.set(endpoint, result);
    return result;
  }
}

/** The endpoints as discovery gave them; the same array where none was rewritten. */
export function asDiscovered(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  if (endpoints.every(({ discoveredAt }) => discoveredAt === undefined)) return endpoints;
  return endpoints.map(({ discoveredAt, ...endpoint }) =>
    discoveredAt === undefined ? endpoint : { ...endpoint, ...discoveredAt },
  );
}

function matcherOf({ host, port, prefix }: RewriteRule['from']): Matcher['matches'] {
  const isThere = hostMatcher(host, prefix);
  return port === undefined ? isThere : (address, at) => at === port && isThere(address);
}

function hostMatcher(host: string, prefix: number | undefined): (address: string) => boolean {
  const version = isIP(host);
  if (version === 0) {
    const wanted = canonicalName(host);
    return (address) => canonicalName(address) === wanted;
  }
  const family = version === 6 ? 'ipv6' : 'ipv4';
  const block = new BlockList();
  if (prefix === undefined) block.addAddress(host, family);
  else block.addSubnet(host, prefix, family);
  return (address) => {
    const own = isIP(address);
    return own !== 0 && block.check(address, own === 6 ? 'ipv6' : 'ipv4');
  };
}

/** Names in DNS are the same whatever their case, and with their final dot. */
function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

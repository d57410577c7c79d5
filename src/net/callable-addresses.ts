// At which addresses no service should be, whatever a registry says: our own ports, where a call would come back to us
// again and again, and link-local ones, where clouds keep the credentials of the machine (RFC 3927, RFC 4291 §2.5.6).

import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { canonical, connectedTo, isLoopbackHost, numericAddress } from './address.ts';
import type { ListenAddress } from './listen-address.ts';

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16, 'ipv4');
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');
// Those of IPv4 behind NAT64's own prefix and 6to4 (RFC 6052 §2.1, RFC 3056 §2), which no translator should pass on.
LINK_LOCAL.addSubnet('64:ff9b::169.254.0.0', 112, 'ipv6');
LINK_LOCAL.addSubnet('2002:a9fe::', 32, 'ipv6');
// The metadata of EC2 by IPv6, which is a unique local address.
LINK_LOCAL.addAddress('fd00:ec2::254', 'ipv6');

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

export class CallableAddresses {
  readonly #own: () => readonly ListenAddress[];
  #allowed = new BlockList();

  /** @param own where this process listens now */
  constructor(own: () => readonly ListenAddress[] = () => []) {
    this.#own = own;
  }

  /** @param ranges addresses and CIDR blocks that may be called in any case, from now on */
  allow(ranges: readonly string[]): void {
    this.#allowed = new BlockList();
    for (const range of ranges) {
      const [address = '', prefix] = range.split('/', 2);
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#allowed.addAddress(address, family);
      else this.#allowed.addSubnet(address, Number(prefix), family);
    }
  }

  /** As it is now, for questions about many: where this process listens is read once. */
  standing(): CallableAddresses {
    const own = this.#own();
    const standing = new CallableAddresses(() => own);
    standing.#allowed = this.#allowed;
    return standing;
  }

  /**
   * @param address an IP address, or a name: of a name nothing is known here unless it is a number
   * @returns what it is, such as "a link-local address"; undefined when it may be called
   */
  objection(address: string, port: number): string | undefined {
    const version = isIP(address);
    const isPlain = version === 4 && !address.startsWith('169.254.');
    const listening = this.#own();
    // Nearly all are like that, of thousands at once.
    if (isPlain && !listening.some((at) => at.kind === 'tcp' && at.port === port)) return undefined;
    const own = listening.flatMap((at) => (at.kind === 'tcp' && at.port === port ? [at.host] : []));
    const literal = version === 0 ? numericAddress(address) : address;
    if (literal === undefined) return undefined;
    const family = isIP(literal) === 6 ? 'ipv6' : 'ipv4';
    const what = LINK_LOCAL.check(literal, family)
      ? 'a link-local address, where clouds keep the credentials of machines'
      : isOneOf(own, literal)
        ? 'a port of this ambassador itself'
        : undefined;
    return what === undefined || this.#allowed.check(literal, family) ? undefined : what;
  }

  /** Whether this process listens at a unix socket of that path. */
  isOwnSocket(path: string): boolean {
    return this.#own().some((at) => at.kind === 'unix' && at.path === path);
  }
}

/** Whether a connection to the address, at the port of these, reaches one of them. */
function isOneOf(ownHosts: readonly string[], literal: string): boolean {
  if (ownHosts.length === 0) return false;
  const called = connectedTo(literal);
  return ownHosts.some((host) => {
    if (WILDCARDS.has(host)) return isOfThisMachine(called);
    // Both loopback addresses are listened on where there is IPv6.
    return host === 'localhost' ? isLoopbackHost(called) : canonical(host) === called;
  });
}

/** What to configure for an address to be called. */
export function allowingLine(address: string): string {
  return `configure discovery.allowAddresses: [${JSON.stringify(numericAddress(address) ?? address)}]`;
}

function isOfThisMachine(address: string): boolean {
  if (isLoopbackHost(address)) return true;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some((own) => canonical(own.address) === address),
  );
}

// Why an instance cannot be called at the address that discovery gives for it, and what to write there instead. Pure.

import { isIP } from 'node:net';
import { isHostAddress } from '../net/address.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';
import { allowingLine } from '../net/callable-addresses.ts';
import type { DialTarget } from '../net/dial.ts';

export interface AddressFault {
  /** `bad_address`: nothing can be called there; `forbidden_address`: nothing should be. */
  readonly reason: 'bad_address' | 'forbidden_address';
  /** Follows "it is registered", without a full stop: what is wrong, and what to do. */
  readonly text: string;
}

/** An address as it is registered. */
export interface RegisteredAddress {
  /** What holds it in the registry, such as `Address`. */
  readonly field: string;
  readonly address: string;
  /** 0 without one. */
  readonly port: number;
}

/** A longer text is no address, and is not repeated whole. */
const LONGEST_SHOWN = 100;

/** Undefined for an IP address and for a host name. */
export function badAddress({ field, address, port }: RegisteredAddress): AddressFault | undefined {
  if (isHostAddress(address)) return undefined;
  return {
    reason: 'bad_address',
    text: `with ${field} ${shown(address)}, which is neither an IP address nor a host name: ${adviceFor(address, port)}`,
  };
}

/**
 * Undefined where a call may go; a name may lead elsewhere when it is resolved.
 * @param discoveredAt where discovery has it, when a rule of ours gives it another place
 */
export function forbiddenAddress(
  { address, port, socketPath, discoveredAt }: DialTarget & { readonly discoveredAt?: AtPort | undefined },
  addresses: CallableAddresses,
): AddressFault | undefined {
  if (socketPath !== undefined) {
    if (!addresses.isOwnSocket(socketPath)) return undefined;
    const text = `at unix:${socketPath}, a socket of this ambassador itself, and nothing is called there`;
    return { reason: 'forbidden_address', text };
  }
  const objection = addresses.objection(address, port);
  if (objection === undefined) return undefined;
  const at = `${discoveredAt === undefined ? '' : `${textOf(discoveredAt)}, by discovery.rewrite `}${textOf({ address, port })}`;
  return {
    reason: 'forbidden_address',
    text: `at ${at}, ${objection}, and nothing is called there; to call it all the same, ${allowingLine(address)}`,
  };
}

interface AtPort {
  readonly address: string;
  readonly port: number;
}

function textOf({ address, port }: AtPort): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function adviceFor(address: string, port: number): string {
  const meant = hostMeant(address);
  if (meant === undefined) return 'register one that can be connected to';
  const own = meant.port === undefined || meant.port === port ? '' : ` and the port ${meant.port}`;
  return `register ${JSON.stringify(meant.host)}${own}`;
}

interface Meant {
  readonly host: string;
  readonly port: number | undefined;
}

/** The host and port inside a URL, `host:port`, `host/path` or text with blanks around it. */
function hostMeant(address: string): Meant | undefined {
  const [authority = ''] = address
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/+/i, '')
    .split(/[/?#\s]/, 1);
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(authority.replace(/^.*@/, ''));
  const host = match === null ? authority.replace(/%.*$/, '') : (match[1] ?? match[2] ?? '');
  const withoutZone = isIP(host) === 6 ? host.replace(/%.*$/, '') : host;
  if (!isHostAddress(withoutZone)) return undefined;
  return { host: withoutZone, port: match?.[3] === undefined ? undefined : Number(match[3]) };
}

function shown(address: string): string {
  return JSON.stringify(address.length > LONGEST_SHOWN ? `${address.slice(0, LONGEST_SHOWN)}…` : address);
}

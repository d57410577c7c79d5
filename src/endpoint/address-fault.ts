// Why an instance cannot be called at the address that discovery gives for it, and what to write there instead. Pure.

import { isIP } from 'node:net';
import { isHostAddress } from '../net/address.ts';

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
    text: `with ${field} ${shown(address)}, which is no IP address or host name: ${adviceFor(address, port)}`,
  };
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

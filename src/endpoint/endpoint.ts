// One instance of a service as discovery describes it: a value, never changed.

import type { AddressFault } from './address-fault.ts';

/**
 * What the registry says of an instance. Both `critical` and `maintenance` get no new requests; they are distinguished
 * apart because an operator chose the one and a check found the other.
 */
export type HealthStatus = 'passing' | 'warning' | 'critical' | 'maintenance';

export interface Endpoint {
  /** Identity within its service, stable over re-registrations: for Consul `node/service-id`. */
  readonly id: string;
  /**
   * IP address or host name, IPv6 without brackets; as it is registered when `addressFault` says that it is neither. Empty
   * for one behind a unix socket that has none.
   */
  readonly address: string;
  /** 1 to 65535; 0 is an instance registered without a port, which is unusable unless it has a unix socket. */
  readonly port: number;
  /** The absolute path of a unix socket of this machine, which then counts in place of address and port. */
  readonly socketPath?: string | undefined;
  readonly health: HealthStatus;
  /** Why it is not passing, for people: the check's name and the first line of its output. */
  readonly healthDetail: string | undefined;
  /** The weight in force for its health, at least 0; 0 means no requests. */
  readonly weight: number;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly node: string;
  readonly datacenter: string | undefined;
  /** What the operator of its node wrote of it; Consul's own locality is `region` and `zone`. Default: nothing. */
  readonly nodeMeta?: Readonly<Record<string, string>> | undefined;
  /** The path of its SPIFFE id in Consul's service mesh, such as `/ns/default/dc/dc1/svc/payments`. Default: none is known. */
  readonly spiffePath?: string | undefined;
  /** The registry lost its data and does not list it yet: it is used as it was known before. Default: it is listed. */
  readonly remembered?: boolean | undefined;
  /** Where discovery has it, when a rule of ours gives it another place. Default: where it is. */
  readonly discoveredAt?: { readonly address: string; readonly port: number } | undefined;
  /** Why nothing is called there, whatever its health. */
  readonly addressFault?: AddressFault | undefined;
}

/** Why discovery alone rules an endpoint out; undefined when requests may go there. */
export type UnusableReason = 'critical' | 'maintenance' | 'no_port' | 'zero_weight' | AddressFault['reason'];

export function unusableReason(endpoint: Endpoint): UnusableReason | undefined {
  if (endpoint.addressFault !== undefined) return endpoint.addressFault.reason;
  if (endpoint.health === 'critical' || endpoint.health === 'maintenance') return endpoint.health;
  if (!hasPlace(endpoint)) return 'no_port';
  if (endpoint.weight <= 0) return 'zero_weight';
  return undefined;
}

/** Whether it can be called when nothing better is left, in spite of its health. */
export function isCallable(endpoint: Endpoint): boolean {
  return hasPlace(endpoint) && endpoint.weight > 0 && endpoint.addressFault === undefined;
}

/** Where an endpoint is. */
export type Place = Pick<Endpoint, 'address' | 'port' | 'socketPath'>;

/** Whether there is anything to connect to. */
export function hasPlace({ port, socketPath }: Place): boolean {
  return port > 0 || socketPath !== undefined;
}

export function isSamePlace(a: Place, b: Place): boolean {
  return a.address === b.address && a.port === b.port && a.socketPath === b.socketPath;
}

/** `host:port` with IPv6 in brackets (RFC 3986 §3.2.2), or `unix:/path`. */
export function authorityOf(endpoint: Place): string {
  if (endpoint.socketPath !== undefined) return `unix:${endpoint.socketPath}`;
  const isIpv6 = endpoint.address.includes(':') && /^[0-9a-f:.]+$/i.test(endpoint.address);
  const host = isIpv6 ? `[${endpoint.address}]` : endpoint.address;
  return `${host}:${endpoint.port}`;
}

/** What a request to it has as its host: a path is none, and `localhost` what curl and Node.js send over unix sockets. */
export function hostOf(endpoint: Place): string {
  return endpoint.socketPath === undefined ? authorityOf(endpoint) : 'localhost';
}

/** Whether it has the tag, whatever its case, as Consul's DNS compares tags. True when no tag is asked for. */
export function hasTag(endpoint: Pick<Endpoint, 'tags'>, tag: string | undefined): boolean {
  if (tag === undefined) return true;
  const wanted = tag.toLowerCase();
  return endpoint.tags.some((own) => own.toLowerCase() === wanted);
}

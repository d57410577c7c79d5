// The first line of the log: which ambassador this is, where it is called, whom it asks, and where to look.

import type { Config } from '../config/types.ts';
import { formatAddress } from '../listener/listener.ts';
import type { ListenAddress } from '../net/listen-address.ts';

/** As the configuration says: it stands before anything is bound, so that what fails then is known by it. */
export function firstLine({ listen, admin, consul, services }: Config, version: string): string {
  const own = [...services.values()].flatMap((service) =>
    service.listen.map((address) => `${addressText(address)} (${service.name})`),
  );
  const calls = [...listen.map(addressText), ...own].join(', ');
  return `consul-ambassador ${version}: calls on ${calls}; Consul at ${consul.address}; dashboard at ${urlText(admin.listen)}`;
}

function addressText(address: ListenAddress): string {
  return isFree(address) ? `a free port of ${address.host}` : formatAddress(address);
}

function urlText(address: ListenAddress): string {
  if (address.kind === 'unix' || isFree(address)) return addressText(address);
  const host = EVERY_INTERFACE.has(address.host) ? 'localhost' : address.host;
  return `http://${formatAddress({ ...address, host })}/`;
}

const EVERY_INTERFACE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function isFree(address: ListenAddress): address is ListenAddress & { kind: 'tcp' } {
  return address.kind === 'tcp' && address.port === 0;
}

// What a command needs to be told to ask this ambassador rather than one at the default address.

import { formatAddress } from '../listener/listener.ts';
import type { ListenAddress } from '../net/listen-address.ts';

/** Where commands ask unless told otherwise. */
const DEFAULT = '127.0.0.1:15001';

/** Hosts that loopback reaches. */
const LOOPBACK_OF: Readonly<Record<string, string>> = {
  '0.0.0.0': '127.0.0.1',
  localhost: '127.0.0.1',
  '::': '::1',
};

/** An address that a shell takes as it stands. */
const PLAIN = /^[A-Za-z0-9._:/@-]+$/;

/** With a space before it; empty at the default address, and for a path that would have to be quoted. */
export function adminFlag(bound: ListenAddress): string {
  const address = bound.kind === 'unix' ? bound : { ...bound, host: LOOPBACK_OF[bound.host] ?? bound.host };
  const text = formatAddress(address);
  if (text === DEFAULT) return '';
  if (!PLAIN.test(text.replace(/[[\]]/g, ''))) return '';
  return text.includes('[') ? ` --admin '${text}'` : ` --admin ${text}`;
}

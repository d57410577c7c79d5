// Where a socket of ours listens, as people write it and as the code uses it.

import { isIP } from 'node:net';
import { z } from 'zod';
import { LONGEST_UNIX_PATH } from './address.ts';
import type { SocketPermissions } from './socket-permissions.ts';

/** Where a listener listens. IPv6 without brackets; port 0 lets the system choose. */
export type ListenAddress =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string; readonly permissions?: SocketPermissions };

const EXPECTED = 'expected an address such as 127.0.0.1:15000, [::1]:15000 or unix:/run/ambassador.sock';
const UNIX_PREFIX = 'unix:';
const HOST_NAME =
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;

/** `host:port`, with IPv6 in brackets, or `unix:/path`, which may go on with `,mode=0660,owner=NAME,group=NAME`. */
export function listenAddress() {
  return z
    .string({ error: EXPECTED })
    .meta({ title: 'address' })
    .transform((written, context): ListenAddress => {
      const read = readListenAddress(written);
      if (typeof read !== 'string') return read;
      context.addIssue({ code: 'custom', message: read });
      return z.NEVER;
    });
}

/** One address or a list of them; read as a list. */
export function listenAddresses() {
  return z
    .union([listenAddress(), z.array(listenAddress()).min(1, { error: 'expected at least one address' })], {
      error: `${EXPECTED}, or a list of them`,
    })
    .transform((read): readonly ListenAddress[] => (Array.isArray(read) ? read : [read]));
}

/** @returns what was expected instead, when it is not an address */
function readListenAddress(written: string): ListenAddress | string {
  if (written.startsWith(UNIX_PREFIX)) return readUnixPath(written.slice(UNIX_PREFIX.length));
  if (/^[a-z][a-z+.-]*:\/\//i.test(written))
    return 'expected host:port alone, without http:// and without a path';
  const match = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(written);
  if (match === null) {
    return isIP(written) === 6 || /^[^[\]]*:[^[\]]*:\d+$/.test(written)
      ? 'expected an IPv6 address in brackets and a port, such as [::1]:15000'
      : EXPECTED;
  }
  const [, bracketed, plain = '', digits = ''] = match;
  const host = bracketed ?? plain;
  if (host === '' || host === '*')
    return 'expected a host before the port: 127.0.0.1, or 0.0.0.0 for every interface';
  if (bracketed === undefined ? !isHost(host) : isIP(host) !== 6) return EXPECTED;
  const port = Number(digits);
  return port <= 65_535 ? { kind: 'tcp', host, port } : 'expected a port from 0 to 65535';
}

/** What may follow the path of a unix socket, as socat writes it. */
const PERMISSIONS = /^(.*?)((?:,(?:mode|owner|group)=[^,]*)*)$/s;

function readUnixPath(written: string): ListenAddress | string {
  const [, path = '', options = ''] = PERMISSIONS.exec(written) ?? [];
  if (!path.startsWith('/')) return 'expected an absolute path, such as unix:/run/ambassador.sock';
  // A NUL would end the path early.
  if (path.includes('\0')) return EXPECTED;
  if (Buffer.byteLength(path) > LONGEST_UNIX_PATH) {
    return `expected a path of at most ${LONGEST_UNIX_PATH} bytes`;
  }
  const permissions = readPermissions(options);
  if (permissions === undefined) return { kind: 'unix', path };
  return typeof permissions === 'string' ? permissions : { kind: 'unix', path, permissions };
}

/** @returns undefined when there are none, and what was expected instead when they are not permissions */
function readPermissions(options: string): SocketPermissions | string | undefined {
  if (options === '') return undefined;
  const pairs = options
    .slice(1)
    .split(',')
    .map((option) => option.split('=', 2));
  const { mode, owner, group, ...others } = Object.fromEntries(pairs) as Readonly<Record<string, string>>;
  if (Object.keys(others).length > 0 || new Set(pairs.map(([key]) => key)).size < pairs.length)
    return EXPECTED;
  if (mode !== undefined && !/^0?[0-7]{3}$/.test(mode))
    return 'expected a mode of three octal digits, such as mode=0660';
  if (owner === '' || group === '') return 'expected the name or the number of a user or a group';
  return {
    ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }),
    ...(owner === undefined ? {} : { owner }),
    ...(group === undefined ? {} : { group }),
  };
}

/** Whether it is an IPv4 address or a name; a name of digits and dots alone would be a mistyped address. */
function isHost(host: string): boolean {
  return isIP(host) === 4 || (HOST_NAME.test(host) && !/^[\d.]+$/.test(host));
}

/** The address as people write it. */
export function formatListenAddress(address: ListenAddress): string {
  if (address.kind === 'unix') return `${UNIX_PREFIX}${address.path}`;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

import { isIP } from 'node:net';

/** What would end or change the host part of a URL (RFC 3986 §3.2), and is in no name. */
const NOT_IN_A_NAME = /[\s\p{Cc}:/?#@\\%[\]<>^|]/u;

/** Characters of a name in DNS, with a final dot (RFC 1035 §2.3.4). */
const LONGEST_NAME = 254;

/**
 * Whether it is an IP address or a host name that can be connected to, IPv6 without brackets. Registries take any
 * text for an address, `10.0.0.7:8080` and `http://web` among them.
 */
export function isHostAddress(address: string): boolean {
  // A zone index names an interface of the host that wrote it.
  if (isIP(address) === 6) return !address.includes('%');
  // The URL standard reads a name whose last label is a number as IPv4, and refuses it when it is none.
  return (
    address !== '' &&
    address.length <= LONGEST_NAME &&
    !NOT_IN_A_NAME.test(address) &&
    URL.canParse(`http://${address}:1`)
  );
}

/** Whether it is this machine by its loopback: `localhost`, ::1 or 127.0.0.0/8, and no name that only begins so. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || host === '::1' || (host.startsWith('127.') && isIP(host) === 4);
}

/** What the kernel's sockaddr_un holds, without its closing zero, on the systems that hold least (macOS, BSD). */
export const LONGEST_UNIX_PATH = 103;

/** Whether it is an absolute path that a unix socket can have. A NUL would end it early. */
export function isSocketPath(path: unknown): path is string {
  return (
    typeof path === 'string' &&
    path.startsWith('/') &&
    !path.includes('\0') &&
    Buffer.byteLength(path) <= LONGEST_UNIX_PATH
  );
}

import { isIP } from 'node:net';

/** What would end or change the host part of a URL (RFC 3986 §3.2), and is in no name. */
const NOT_IN_A_NAME = /[\s\p{Cc}:/?#@\\%[\]<>^|]/u;

/** A last label that is a number: the system reads such a name as IPv4, however it is written (inet_aton(3)). */
const NUMERIC_NAME = /(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$/i;

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

/** What a connection to it reaches: the unspecified address stands for this machine (connect(2) on Linux). */
export function connectedTo(literal: string): string {
  const address = canonical(literal);
  if (address === '0.0.0.0') return '127.0.0.1';
  return address === '::' ? '::1' : address;
}

/** One spelling for each address; an IPv4-mapped one (RFC 4291 §2.5.5.2) is the IPv4 address. */
export function canonical(address: string): string {
  if (isIP(address) !== 6) return address;
  const spelled = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(spelled) ?? [];
  if (high === undefined || low === undefined) return spelled;
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return `${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
}

/**
 * Whether it leads to this machine by its loopback, and browsers do not take it for that: `0.0.0.0`, `::` and IPv4-mapped
 * addresses. They say nothing there of the page that sends a request (W3C Secure Contexts §3.1).
 */
export function isHiddenLoopback(host: string): boolean {
  return isIP(host) !== 0 && !isLoopbackHost(host) && isLoopbackHost(connectedTo(host));
}

/** The IPv4 address that a name such as `2852039166` or `0xa9.254.43518` stands for. */
export function numericAddress(name: string): string | undefined {
  if (!NUMERIC_NAME.test(name) || !URL.canParse(`http://${name}`)) return undefined;
  const { hostname } = new URL(`http://${name}`);
  return isIP(hostname) === 4 ? hostname : undefined;
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

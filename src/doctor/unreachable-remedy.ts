// What to do about an endpoint that cannot be connected to.

const NAME = 'look at the name that it is registered or configured with, and at /etc/resolv.conf';
const WAY =
  'look at firewalls and routes between this machine and it, and whether it is still there; discovery.rewrite leads to another address';
const SOCKET = 'start what should listen at that socket, and let this user connect to it';

const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'start what should listen there, on that address and not on another one alone, or correct its address and port where it is registered or configured',
  ECONNRESET: 'look at its own log, and at what stands before it: it closed the connection at once',
  EPIPE: 'look at its own log, and at what stands before it: it closed the connection at once',
  ENOTFOUND: NAME,
  EAI_AGAIN: NAME,
  ETIMEDOUT: WAY,
  EHOSTUNREACH: WAY,
  ENETUNREACH: WAY,
  EADDRNOTAVAIL: WAY,
  ENOENT: SOCKET,
  EACCES: SOCKET,
};

/** @param code of the error, as Node.js has it; undefined where what was said of it says what to do */
export function unreachableRemedy(code: string | undefined): string | undefined {
  return code === undefined ? undefined : (BY_CODE[code] ?? 'look at what listens there');
}

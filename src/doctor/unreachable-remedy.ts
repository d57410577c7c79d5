// What to do about an endpoint that cannot be connected to.

const NAME = 'look at the name that it is registered or configured with, and at /etc/resolv.conf';
const WAY =
  'look at firewalls and routes between this machine and it, and whether it is still there; discovery.rewrite leads to another address';
const SOCKET = 'start what should listen at that socket, and let this user connect to it';

const CERTIFICATE = 'mend what is said above of its TLS setting, or of our certificate';
const ITS_LOG = 'look at its own log, and at what stands before it';

const BY_CODE: Readonly<Record<string, string>> = {
  ECONNREFUSED:
    'start what should listen there, on that address and not on another one alone, or correct its address and port where it is registered or configured',
  ECONNRESET: ITS_LOG,
  EPIPE: ITS_LOG,
  ENOTFOUND: NAME,
  EAI_AGAIN: NAME,
  ETIMEDOUT: WAY,
  EHOSTUNREACH: WAY,
  ENETUNREACH: WAY,
  EADDRNOTAVAIL: WAY,
  ENOENT: SOCKET,
  EACCES: SOCKET,
  no_certificate: CERTIFICATE,
  other: ITS_LOG,
};

/**
 * @param code of the error as Node.js has it, or what is wrong with the handshake
 * @returns undefined where what was said of it says what to do, as of most handshakes
 */
export function unreachableRemedy(code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  return BY_CODE[code] ?? (/^E[A-Z]/.test(code) ? 'look at what listens there' : undefined);
}

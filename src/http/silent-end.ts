// What may be wrong where an endpoint ends a connection without having sent a byte: pure.

import type { Connected } from '../net/dial.ts';

/** @returns for people, such as "does it speak HTTP at this port, and not TLS, PostgreSQL or Redis?" */
export function doubtOf(
  protocol: 'HTTP' | 'HTTP/2',
  { secure, ownCertificate }: Pick<Connected, 'secure' | 'ownCertificate'>,
): string {
  // Servers of TLS and many databases say nothing to what they do not understand.
  if (!secure) return `does it speak ${protocol} at this port, and not TLS, PostgreSQL or Redis?`;
  // With TLS 1.3 the handshake is over for us before the endpoint looks at our certificate, and not all send an alert.
  switch (ownCertificate) {
    case 'ended':
      return 'our certificate has ended: renew it';
    case 'valid':
      return `does it speak ${protocol} at this port, and accept our certificate?`;
    case undefined:
      return `does it speak ${protocol} at this port?`;
  }
}

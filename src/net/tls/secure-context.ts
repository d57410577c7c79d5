// An identity as OpenSSL takes it.

import type { SecureContext } from 'node:tls';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { TlsIdentity } from './identity.ts';

/** To read and parse them all takes some 50 ms. */
let systemAuthorities: string[] | undefined;

export type MinVersion = 'TLSv1.2' | 'TLSv1.3';

/** @throws Error when OpenSSL refuses the certificate or its key */
export function secureContext(
  { authorities, own }: Pick<TlsIdentity, 'authorities' | 'own'>,
  minVersion: MinVersion,
): SecureContext {
  return createSecureContext({
    // What a file names is trusted as it stands: it may be an authority below one that is not there, or the certificate of
    // the peer itself, as curl and Go's library take it.
    ...(authorities === undefined
      ? { ca: ofTheSystem() }
      : { ca: [...authorities], allowPartialTrustChain: true }),
    ...(own === undefined ? {} : { cert: own.certificate, key: own.key }),
    minVersion,
  });
}

/** With those of NODE_EXTRA_CA_CERTS. A container may have none: then those that Node.js brings along. */
function ofTheSystem(): string[] {
  if (systemAuthorities !== undefined) return systemAuthorities;
  const system = [...new Set([...getCACertificates('system'), ...getCACertificates('extra')])];
  systemAuthorities = system.length > 0 ? system : getCACertificates('default');
  return systemAuthorities;
}

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
    ca: authorities === undefined ? ofTheSystem() : [...authorities],
    ...(own === undefined ? {} : { cert: own.certificate, key: own.key }),
    minVersion,
  });
}

/** A container may have none: then those that Node.js brings along. */
function ofTheSystem(): string[] {
  if (systemAuthorities !== undefined) return systemAuthorities;
  const system = [...new Set(getCACertificates('system'))];
  systemAuthorities = system.length > 0 ? system : getCACertificates('default');
  return systemAuthorities;
}

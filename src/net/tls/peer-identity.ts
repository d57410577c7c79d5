// Whether a certificate that an authority of ours vouches for is that of the endpoint we mean: pure. Looked at on every
// connection, resumed ones too, where Node.js leaves it out.
// Source: RFC 9525 (service identity in TLS), SPIFFE X.509-SVID §2 and §5.

import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { HandshakeFailure } from '../handshake.ts';

export interface ExpectedPeer {
  /** A host name or an IP address. */
  readonly name: string;
  /** One of these has to be in the certificate instead: host names, IP addresses, URIs such as SPIFFE ids. */
  readonly subjectAltNames: readonly string[] | undefined;
  /** In Consul's service mesh, the only name that counts. */
  readonly spiffeId?: string | undefined;
}

/** A name is what the certificate says in subjectAltName; a subject's CN is none (RFC 9525 §2). */
const NAMES_ONLY = { subject: 'never', partialWildcards: false } as const;

/** So many names of a certificate are shown. */
const MAX_SHOWN = 4;

/** @returns undefined when it is the peer's. @param wallTime milliseconds since the Unix epoch */
export function peerFailure(
  certificate: X509Certificate,
  expected: ExpectedPeer,
  wallTime: number,
): HandshakeFailure | undefined {
  const validity = validityFailure(certificate, wallTime);
  if (validity !== undefined) return validity;
  const { name, subjectAltNames, spiffeId } = expected;
  if (spiffeId !== undefined) {
    return hasUri(certificate, spiffeId)
      ? undefined
      : {
          fault: 'wrong_identity',
          detail: `the endpoint's certificate is for ${namesText(certificate)}, not for ${spiffeId}: something else listens where Consul lists the proxy of the service`,
        };
  }
  if (subjectAltNames === undefined) {
    return isFor(certificate, name)
      ? undefined
      : {
          fault: 'wrong_name',
          detail: `the endpoint's certificate is for ${namesText(certificate)}, not for ${name}: set tls.serverName to a name that it is for, or give it that name`,
        };
  }
  if (subjectAltNames.some((wanted) => isFor(certificate, wanted))) return undefined;
  return {
    fault: 'wrong_identity',
    detail: `the endpoint's certificate is for ${namesText(certificate)}, which tls.subjectAltNames (${subjectAltNames.join(', ')}) does not name`,
  };
}

/** A session that is resumed may be older than the certificate's end. */
function validityFailure(certificate: X509Certificate, wallTime: number): HandshakeFailure | undefined {
  const { validFrom, validTo } = certificate;
  if (wallTime > Date.parse(validTo)) {
    return { fault: 'expired', detail: `the endpoint's certificate expired on ${validTo}: renew it there` };
  }
  if (wallTime < Date.parse(validFrom)) {
    return {
      fault: 'not_yet_valid',
      detail: `the endpoint's certificate is not valid before ${validFrom}: compare the clocks of both machines`,
    };
  }
  return undefined;
}

function isFor(certificate: X509Certificate, wanted: string): boolean {
  if (wanted.includes('://')) return hasUri(certificate, wanted);
  if (isIP(wanted) !== 0) return certificate.checkIP(wanted) !== undefined;
  return certificate.checkHost(wanted, NAMES_ONLY) !== undefined;
}

/** A SPIFFE id is the only URI of its certificate. */
function hasUri(certificate: X509Certificate, wanted: string): boolean {
  const uris = subjectAltNames(certificate).flatMap(({ kind, value }) => (kind === 'URI' ? [value] : []));
  return uris.includes(wanted) && (uris.length === 1 || !wanted.startsWith('spiffe://'));
}

interface SubjectAltName {
  /** Such as `DNS`, `IP Address` or `URI`. */
  readonly kind: string;
  readonly value: string;
}

/** Node.js writes values that could be misread as JSON text (CVE-2021-44532). */
const ENTRY = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;

function subjectAltNames({ subjectAltName }: X509Certificate): readonly SubjectAltName[] {
  return [...(subjectAltName ?? '').matchAll(ENTRY)].map(([, kind = '', value = '']) => ({
    kind,
    value: value.startsWith('"') ? String(JSON.parse(value)) : value,
  }));
}

function namesText(certificate: X509Certificate): string {
  const names = subjectAltNames(certificate).map(({ value }) => value);
  if (names.length === 0) return 'no name (it has no subjectAltName, and a CN does not count)';
  const more = names.length - MAX_SHOWN;
  return `${names.slice(0, MAX_SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

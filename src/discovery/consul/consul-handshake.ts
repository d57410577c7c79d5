// Why no connection over TLS to the agent came about, and what to do: pure. Loaded where Consul's address is one of https.

import { codeOf } from '../../core/errors.ts';
import type { HandshakeFault } from '../../net/handshake.ts';
import { handshakeFailure } from '../../net/tls/handshake-failure.ts';

export interface ConsulHandshake {
  /** Whether a certificate of ours is shown. */
  readonly hasCertificate: boolean;
  /** Since when that is not valid any more, in milliseconds since the Unix epoch; undefined while it is. */
  readonly endedAt: number | undefined;
}

const UNKNOWN_AUTHORITY =
  "no trusted authority vouches for its certificate: name Consul's authority in consul.tls.caFile (CONSUL_CACERT)";

/** Of what else may fail the end of the connection itself says enough. */
const DETAILS: Partial<Readonly<Record<HandshakeFault, string>>> = {
  expired: 'its certificate, or one of its chain, has expired: renew it',
  not_yet_valid: 'its certificate is not valid yet: compare the clocks of both machines',
  unknown_authority: UNKNOWN_AUTHORITY,
  self_signed:
    'its certificate is signed by itself: name that certificate in consul.tls.caFile (CONSUL_CACERT), or have it issued by an authority',
  untrusted:
    'its certificate, or one of its chain, may not be used for this: have it issued for servers (extendedKeyUsage serverAuth) by an authority (CA:TRUE)',
  weak: 'its certificate, or one of its chain, has a key that is too short, or a weak signature: have it issued with RSA of 2048 bits or more, or an elliptic curve, and SHA-256',
  client_certificate_missing:
    'it asks for a client certificate (verify_incoming), and none is configured: set consul.tls.certFile and consul.tls.keyFile (CONSUL_CLIENT_CERT, CONSUL_CLIENT_KEY)',
  client_certificate_refused:
    'it refused our client certificate: let its ca_file name the authority of consul.tls.certFile, and look whether that is expired or for clients (extendedKeyUsage clientAuth)',
  own_certificate_ended: 'it refused our client certificate, which has expired: renew consul.tls.certFile',
  protocol_version: 'it speaks no version of TLS from TLSv1.2 on: raise its tls_min_version',
  refused:
    'it refused the handshake: it may ask for a client certificate (consul.tls.certFile and consul.tls.keyFile)',
  not_tls:
    'it does not speak TLS at this port: write http:// in consul.address, or name its port for HTTPS (8501 as a rule)',
};

/** What node:https says of another name. */
interface NameFault extends Error {
  readonly host?: string;
  readonly cert?: { readonly subjectaltname?: string };
}

/** @returns undefined where TLS had no part in it */
export function consulHandshakeDetail(
  error: Error,
  { hasCertificate, endedAt }: ConsulHandshake,
): string | undefined {
  if (codeOf(error) === 'ERR_TLS_CERT_ALTNAME_INVALID') return otherName(error);
  const context = { name: '', hasCertificate, minVersion: 'TLSv1.2', alpn: [], endedAt };
  const { fault, detail } = handshakeFailure(error, context);
  return DETAILS[fault] ?? (isOfOpenSsl(error) ? detail.replaceAll('the endpoint', 'Consul') : undefined);
}

function isOfOpenSsl(error: Error): boolean {
  return codeOf(error).startsWith('ERR_SSL_') || codeOf(error) === 'EPROTO';
}

function otherName({ host = 'its address', cert }: NameFault): string {
  const names = cert?.subjectaltname?.replace(/(^|, )[A-Za-z ]+:/g, '$1') ?? 'no name';
  return `its certificate is for ${names}, not for ${host}: set consul.tls.serverName (CONSUL_TLS_SERVER_NAME) to a name that it is for`;
}

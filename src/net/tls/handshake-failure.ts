// What the errors of a handshake mean. Pure.
// Source: X509_V_ERR_* of OpenSSL's x509_vfy.h as Node.js names them; RFC 8446 §6.2 (alerts), as OpenSSL names them.

import { messageOf } from '../../core/errors.ts';
import type { HandshakeFailure, HandshakeFault } from '../handshake.ts';
import { DialTimeout } from '../handshake.ts';

/** What this side brought to the handshake. */
export interface HandshakeContext {
  /** The name that was asked for (SNI), or the address. */
  readonly name: string;
  /** Whether a client certificate is configured. */
  readonly hasCertificate: boolean;
  readonly minVersion: string;
  readonly alpn: readonly string[];
  /** In Consul's service mesh, the service whose certificate we show. */
  readonly connectAs?: string | undefined;
  /** Since when our certificate is not valid any more, in milliseconds since the Unix epoch; undefined while it is. */
  readonly endedAt?: number | undefined;
}

type Describe = (context: HandshakeContext) => HandshakeFailure;

function fixed(fault: HandshakeFault, detail: string): Describe {
  return () => ({ fault, detail });
}

/** In the mesh the authorities are Consul's, and no file of ours can name others. */
function ofAuthority(fault: HandshakeFault, elsewhere: string): Describe {
  return ({ connectAs }) => ({
    fault,
    detail:
      connectAs === undefined
        ? elsewhere
        : "no authority of Consul Connect vouches for the endpoint's certificate: register the port where its sidecar proxy takes connections of the mesh, or call this service outside of it (tls: false, or tls.mode: files with tls.caFile)",
  });
}

const UNKNOWN_AUTHORITY = ofAuthority(
  'unknown_authority',
  "no trusted authority vouches for the endpoint's certificate: name its authority in tls.caFile, or let the endpoint send its whole chain",
);

const UNTRUSTED = fixed(
  'untrusted',
  "the endpoint's certificate, or one of its chain, may not be used for this: have it issued for servers (extendedKeyUsage serverAuth) by an authority (CA:TRUE)",
);

/** Without a certificate of ours, whatever the endpoint says of it means that it asked for one. */
const CERTIFICATE_REFUSED: Describe = ({ hasCertificate, connectAs, endedAt }) => {
  if (endedAt !== undefined) return ownCertificateEnded(endedAt, connectAs);
  if (connectAs !== undefined) {
    return {
      fault: 'refused_in_mesh',
      detail: `the endpoint's proxy refused the certificate of ${connectAs}: an intention in Consul denies ${connectAs} to call this service (consul intention check ${connectAs} SERVICE), or the proxy has not learnt of a new authority yet`,
    };
  }
  return hasCertificate
    ? {
        fault: 'client_certificate_refused',
        detail:
          'the endpoint refused our client certificate: let it trust the authority of tls.certFile, and look whether that is expired or for clients (extendedKeyUsage clientAuth)',
      }
    : CERTIFICATE_MISSING;
};

function ownCertificateEnded(endedAt: number, connectAs: string | undefined): HandshakeFailure {
  const at = new Date(endedAt).toISOString();
  return {
    fault: 'own_certificate_ended',
    detail:
      connectAs === undefined
        ? `the endpoint refused our client certificate, which ended at ${at}: renew tls.certFile`
        : `the endpoint's proxy refused the certificate of ${connectAs} for Consul Connect, which ended at ${at} and which Consul has not renewed: the log says what it answered`,
  };
}

const CERTIFICATE_MISSING: HandshakeFailure = {
  fault: 'client_certificate_missing',
  detail:
    'the endpoint asked for a client certificate, and none is configured: set tls.certFile and tls.keyFile',
};

const VERSION: Describe = ({ minVersion }) => ({
  fault: 'protocol_version',
  detail: `the endpoint speaks no version of TLS from ${minVersion} on: raise its version${minVersion === 'TLSv1.2' ? '' : ', or lower tls.minVersion'}`,
});

const REFUSED: Describe = ({ hasCertificate }) => ({
  fault: 'refused',
  detail: `the endpoint refused the handshake: ${
    hasCertificate ? '' : 'it may ask for a client certificate (tls.certFile and tls.keyFile), or '
  }it has no cipher, kind of key or version in common with us`,
});

const SERVER_NAME: Describe = ({ name, connectAs }) => ({
  fault: 'server_name_refused',
  detail: `the endpoint has no certificate for ${name}: ${
    connectAs === undefined
      ? 'set tls.serverName to a name that it serves'
      : 'register the port where its sidecar proxy takes connections of the mesh'
  }`,
});

const NO_COMMON_PROTOCOL: Describe = ({ alpn }) => ({
  fault: 'no_common_protocol',
  detail: `the endpoint speaks none of the protocols offered by ALPN (${alpn.join(', ')}): look at the service's protocol`,
});

const NOT_TLS = fixed(
  'not_tls',
  'the endpoint does not speak TLS at this port: switch tls off for this service (tls: false), or use its port for TLS',
);

const RESET: Describe = (context) => ({
  fault: 'reset',
  detail: `the endpoint closed the connection during the handshake: its own log should say why; ${suspicions(context)}`,
});

/** Go's library, and with it Caddy, says so of a name that it has no certificate for. */
const INTERNAL_ERROR: Describe = (context) => ({
  fault: 'refused',
  detail: `the endpoint broke off the handshake (alert internal error): its own log should say why; ${suspicions(context)}`,
});

/** What servers that give no cause may hold against us. */
function suspicions({ name, hasCertificate, connectAs, endedAt }: HandshakeContext): string {
  if (connectAs !== undefined) return `it may refuse the certificate of ${connectAs}`;
  const ended = endedAt === undefined ? '' : `, which ended at ${new Date(endedAt).toISOString()}`;
  const ofCertificate = hasCertificate
    ? `refuse our client certificate (tls.certFile${ended})`
    : 'ask for a client certificate (tls.certFile and tls.keyFile)';
  return `it may have no certificate for ${name} (tls.serverName), or ${ofCertificate}`;
}

const WEAK = fixed(
  'weak',
  "the endpoint's certificate, or one of its chain, has a key that is too short, or is signed with SHA-1 or MD5: have it issued with RSA of 2048 bits or more, or an elliptic curve, and SHA-256",
);

const NAME_CONSTRAINT = fixed(
  'name_constraint',
  "an authority in the chain of the endpoint's certificate may not vouch for its names (name constraints): have it issued by one that may, or for names that this one permits",
);

const CRITICAL_EXTENSION = fixed(
  'critical_extension',
  "the endpoint's certificate, or one of its chain, has a critical extension that is not known here: have it issued without, or not as critical",
);

/** OpenSSL has named alerts after the version that brought them, and calls old ones `SSL/TLS` since 3.2. */
const ALERT = /^ERR_SSL_(?:SSLV3|SSL\/TLS|TLSV1|TLSV13)_(?:ALERT_)?/;

const BY_CODE: Readonly<Record<string, Describe>> = {
  CERT_HAS_EXPIRED: fixed(
    'expired',
    "the endpoint's certificate, or one of its chain, has expired: renew it",
  ),
  CERT_NOT_YET_VALID: fixed(
    'not_yet_valid',
    "the endpoint's certificate is not valid yet: compare the clocks of both machines",
  ),
  DEPTH_ZERO_SELF_SIGNED_CERT: ofAuthority(
    'self_signed',
    "the endpoint's certificate is signed by itself: name that certificate in tls.caFile, or have it issued by an authority",
  ),
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_SIGNATURE_FAILURE: UNKNOWN_AUTHORITY,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_REJECTED: UNTRUSTED,
  INVALID_CA: UNTRUSTED,
  INVALID_PURPOSE: UNTRUSTED,
  PATH_LENGTH_EXCEEDED: UNTRUSTED,
  CERT_CHAIN_TOO_LONG: UNTRUSTED,
  ALERT_CERTIFICATE_REQUIRED: CERTIFICATE_REFUSED,
  ALERT_BAD_CERTIFICATE: CERTIFICATE_REFUSED,
  ALERT_UNSUPPORTED_CERTIFICATE: CERTIFICATE_REFUSED,
  ALERT_CERTIFICATE_REVOKED: CERTIFICATE_REFUSED,
  ALERT_CERTIFICATE_EXPIRED: CERTIFICATE_REFUSED,
  ALERT_CERTIFICATE_UNKNOWN: CERTIFICATE_REFUSED,
  ALERT_UNKNOWN_CA: CERTIFICATE_REFUSED,
  ALERT_ACCESS_DENIED: CERTIFICATE_REFUSED,
  ALERT_DECRYPT_ERROR: CERTIFICATE_REFUSED,
  ALERT_PROTOCOL_VERSION: VERSION,
  ERR_SSL_UNSUPPORTED_PROTOCOL: VERSION,
  ERR_SSL_VERSION_TOO_LOW: VERSION,
  ERR_SSL_WRONG_SSL_VERSION: VERSION,
  ALERT_HANDSHAKE_FAILURE: REFUSED,
  ALERT_INSUFFICIENT_SECURITY: REFUSED,
  ALERT_INTERNAL_ERROR: INTERNAL_ERROR,
  ALERT_UNRECOGNIZED_NAME: SERVER_NAME,
  ALERT_NO_APPLICATION_PROTOCOL: NO_COMMON_PROTOCOL,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
  ERR_SSL_RECORD_LAYER_FAILURE: NOT_TLS,
  ERR_SSL_UNEXPECTED_MESSAGE: NOT_TLS,
  ERR_SSL_EE_KEY_TOO_SMALL: WEAK,
  ERR_SSL_CA_KEY_TOO_SMALL: WEAK,
  ERR_SSL_CA_MD_TOO_WEAK: WEAK,
  ERR_SSL_DH_KEY_TOO_SMALL: fixed(
    'weak',
    "the endpoint's Diffie-Hellman parameters are too short: have it use 2048 bits or more, or ECDHE",
  ),
  ECONNRESET: RESET,
  EPIPE: RESET,
};

/** Verdicts on a chain for which Node.js has no code of its own, by OpenSSL's fixed texts (x509_txt.c). */
const UNSPECIFIED = 'UNSPECIFIED';
const BY_TEXT: readonly (readonly [RegExp, Describe])[] = [
  [/key too weak|digest algorithm too weak/, WEAK],
  [/subtree violation|name constraint/, NAME_CONSTRAINT],
  [/unhandled critical extension/, CRITICAL_EXTENSION],
  [/key usage does not include|non-CA certificate|CA certificate|certificate purpose/, UNTRUSTED],
];

/**
 * With TLS 1.3 an endpoint judges our certificate when for us the handshake is over already: a refusal is then the first
 * thing that comes, and nothing that we sent has been read. Source: RFC 8446 §4.4.2.4.
 */
export function isLateRefusal(error: Error): boolean {
  return describerOf(error) === CERTIFICATE_REFUSED;
}

/** @param error with which the socket ended after it was connected and before it was secure */
export function handshakeFailure(error: Error, context: HandshakeContext): HandshakeFailure {
  if (error instanceof DialTimeout) {
    return {
      fault: 'timed_out',
      detail: `the handshake was not over in time (${error.message}): the endpoint accepts connections and does not go on; does it speak TLS there?`,
    };
  }
  return (
    describerOf(error)?.(context) ?? {
      fault: 'other',
      detail: `${otherText(error)}: the endpoint's own log should say more`,
    }
  );
}

/** Where it was writing that met the end, Node.js has the code in the message alone, as OpenSSL's text. */
const WHILE_WRITING = /write EPROTO [0-9A-F]+:error:[0-9A-F]+:SSL routines:[^:]*:([^:]+):/;

function codeOf(error: Error): string | undefined {
  const { code } = error as NodeJS.ErrnoException;
  const text = code === 'EPROTO' ? WHILE_WRITING.exec(error.message)?.[1] : undefined;
  return text === undefined ? code : `ERR_SSL_${text.toUpperCase().replaceAll(' ', '_')}`;
}

function describerOf(error: Error): Describe | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  if (code === UNSPECIFIED) return BY_TEXT.find(([text]) => text.test(error.message))?.[1];
  return BY_CODE[code.replace(ALERT, 'ALERT_')];
}

function otherText(error: Error): string {
  const code = codeOf(error);
  if (code === undefined) return faultText(error);
  if (code === UNSPECIFIED) return `the endpoint's certificate was not accepted (${faultText(error)})`;
  const alert = code.replace(ALERT, '');
  return alert === code
    ? `the handshake failed (${code}: ${faultText(error)})`
    : `the endpoint broke off the handshake (alert ${alert.replaceAll('_', ' ').toLowerCase()})`;
}

/** In one line. OpenSSL's messages carry a thread's number and a path of its source beside what they say. */
export function faultText(error: Error): string {
  const { reason } = error as { readonly reason?: unknown };
  const text = typeof reason === 'string' ? reason : WHILE_WRITING.exec(error.message)?.[1];
  return text ?? messageOf(error).split('\n', 1)[0] ?? '';
}

// What the log says of clients whose handshake fails. Anyone who reaches the address can fail as often as they like: a
// warning in a minute, and each one at `debug`.

import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { ClientHandshakeFailure } from '../listener/tls-termination.ts';

export interface FailedHandshakesParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

const QUIET_MS = 60_000;

const UNTRUSTED =
  'no authority in listenTls.clientCaFile vouches for its certificate, or it does not show its whole chain';
const WEAK = 'its certificate, or one of its chain, has a key that is too short, or a weak signature';
const TOO_OLD = 'it speaks no version of TLS from listenTls.minVersion on';
const DOES_NOT_TRUST_US = 'it does not accept our certificate (listenTls.certFile)';

const CAUSES: Readonly<Record<string, string>> = {
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    'it showed no certificate, and listenTls.clientCaFile asks for one',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  INVALID_PURPOSE: 'its certificate may not be used by clients (extendedKeyUsage clientAuth)',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT:
    'listenTls.clientCaFile names an authority of its certificate without the one above that: add it, up to the root',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  ERR_SSL_EE_KEY_TOO_SMALL: WEAK,
  ERR_SSL_CA_KEY_TOO_SMALL: WEAK,
  ERR_SSL_CA_MD_TOO_WEAK: WEAK,
  ERR_SSL_UNSUPPORTED_PROTOCOL: TOO_OLD,
  ERR_SSL_NO_APPLICATION_PROTOCOL: 'it offers by ALPN neither h2 nor http/1.1',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'it took longer than it may',
  ERR_SSL_NO_SHARED_CIPHER: 'it has no cipher in common with us',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: DOES_NOT_TRUST_US,
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: DOES_NOT_TRUST_US,
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE': DOES_NOT_TRUST_US,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: DOES_NOT_TRUST_US,
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN': DOES_NOT_TRUST_US,
};

/** A client that leaves has no cause that a person could mend. */
const LEFT = 'ECONNRESET';

export class FailedHandshakes {
  readonly #parts: FailedHandshakesParts;
  #warnedAt: number | undefined;
  #since = 0;

  constructor(parts: FailedHandshakesParts) {
    this.#parts = parts;
  }

  failed({ code, message, remoteAddress }: ClientHandshakeFailure): void {
    const { clock, logger } = this.#parts;
    const cause = CAUSES[code] ?? `${code}: ${message}`;
    logger.debug({ remoteAddress, code }, `the TLS handshake with a client failed: ${cause}`);
    if (code === LEFT) return;
    this.#since++;
    const now = clock.now();
    if (this.#warnedAt !== undefined && now - this.#warnedAt < QUIET_MS) return;
    const others = this.#since - 1;
    const more = others === 0 ? '' : `, and ${others} more since the last such line`;
    logger.warn(
      { remoteAddress, code, failed: this.#since },
      `the TLS handshake with ${remoteAddress ?? 'a client'} failed: ${cause}${more}`,
    );
    this.#warnedAt = now;
    this.#since = 0;
  }
}

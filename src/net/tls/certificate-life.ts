// When the end of a certificate comes so near that whoever renews it seems to have failed: pure.

export interface CertificateLife {
  /** Milliseconds since the Unix epoch, as `expiresAt`. */
  readonly validFrom: number;
  readonly expiresAt: number;
}

const LONGEST_NOTICE_MS = 3 * 86_400_000;

/** Of those that last an hour or a day, as of SPIFFE or Vault, much is renewed when a tenth is left. */
const NOTICE_SHARE = 1 / 20;

/** @returns milliseconds since the Unix epoch: three days before the end, and for shorter lives less */
export function endIsNearAt({ validFrom, expiresAt }: CertificateLife): number {
  return expiresAt - Math.min(LONGEST_NOTICE_MS, (expiresAt - validFrom) * NOTICE_SHARE);
}

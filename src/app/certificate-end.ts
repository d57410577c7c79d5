// Warns of the end of a certificate of ours: three days before, and when it has come.

import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';

export interface CertificateEndParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface EndingCertificate {
  readonly file: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

const DAY_MS = 86_400_000;
const SOON_MS = 3 * DAY_MS;

export class CertificateEnd {
  readonly #certificate: EndingCertificate;
  readonly #parts: CertificateEndParts;
  #next: ScheduledTask | undefined;
  #warned: 'soon' | 'ended' | undefined;

  constructor(certificate: EndingCertificate, parts: CertificateEndParts) {
    this.#certificate = certificate;
    this.#parts = parts;
    this.#look();
  }

  close(): void {
    this.#next?.cancel();
  }

  #look(): void {
    const { clock, logger } = this.#parts;
    const { file, expiresAt } = this.#certificate;
    const leftMs = expiresAt - clock.wallTime();
    const stage = leftMs <= 0 ? 'ended' : leftMs <= SOON_MS ? 'soon' : undefined;
    if (stage !== undefined && stage !== this.#warned) {
      const what = stage === 'ended' ? 'has expired' : 'expires soon';
      logger.warn({ file }, `the certificate in ${file} ${what}: ${new Date(expiresAt).toISOString()}`);
      this.#warned = stage;
    }
    if (stage === 'ended') return;
    // At least once a day: the time of day can jump, and timers have a longest delay.
    const next = Math.min(stage === 'soon' ? leftMs : leftMs - SOON_MS, DAY_MS);
    this.#next = clock.schedule(next, () => this.#look());
  }
}

// Warns of the end of a certificate of ours: when it is near, and when it has come.

import type { Clock, ScheduledTask } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { CertificateLife } from '../net/tls/certificate-life.ts';
import { endIsNearAt } from '../net/tls/certificate-life.ts';

export interface CertificateEndParts {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface EndingCertificate extends CertificateLife {
  readonly file: string;
}

const DAY_MS = 86_400_000;

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
    const now = clock.wallTime();
    const nearAt = endIsNearAt(this.#certificate);
    const stage = expiresAt <= now ? 'ended' : nearAt <= now ? 'soon' : undefined;
    if (stage !== undefined && stage !== this.#warned) {
      const what = stage === 'ended' ? 'has expired' : 'expires soon';
      logger.warn({ file }, `the certificate in ${file} ${what}: ${new Date(expiresAt).toISOString()}`);
      this.#warned = stage;
    }
    if (stage === 'ended') return;
    // At least once a day: the time of day can jump, and timers have a longest delay.
    const next = Math.min((stage === 'soon' ? expiresAt : nearAt) - now, DAY_MS);
    this.#next = clock.schedule(next, () => this.#look());
  }
}

// The certificates of this side: whether they can be used, and until when.

import { consulSpeaksTls } from '../app/consul-setup.ts';
import { tlsSettings } from '../app/dialers.ts';
import { endIsNearAt } from '../net/tls/certificate-life.ts';
import type { IdentityFiles } from '../net/tls/identity-files.ts';
import type { Examination } from './context.ts';
import type { Finding } from './finding.ts';
import { failure, ok, warning } from './finding.ts';

export const certificates: Examination = async ({ config, clock }) => {
  const { listenTls, consul } = config;
  const all: (readonly [string, IdentityFiles])[] = tlsSettings(config)
    .filter(({ tls }) => tls.mode === 'files')
    .map(({ path, tls }) => [
      path.join('.'),
      { caFile: tls.caFile, certFile: tls.certFile, keyFile: tls.keyFile },
    ]);
  if (listenTls !== undefined) {
    const { clientCaFile, certFile, keyFile } = listenTls;
    all.push(['listenTls', { caFile: clientCaFile, certFile, keyFile }]);
  }
  if (consulSpeaksTls(consul)) all.push(['consul.tls', consul.tls]);
  const found = await Promise.all(all.map(([subject, files]) => examine(subject, files, clock.wallTime())));
  return found.filter((finding) => finding !== undefined);
};

/** Undefined where they cannot be used, which is among the findings of the configuration. */
async function examine(subject: string, files: IdentityFiles, now: number): Promise<Finding | undefined> {
  const { readIdentity } = await import('../net/tls/identity-files.ts');
  try {
    const { validFrom, expiresAt } = await readIdentity(files);
    if (validFrom === undefined || expiresAt === undefined) return ok(subject, 'its files can be used');
    const until = new Date(expiresAt).toISOString();
    if (expiresAt <= now) return failure(subject, `${files.certFile} expired at ${until}`, 'renew it');
    if (validFrom > now) {
      const from = new Date(validFrom).toISOString();
      return failure(
        subject,
        `${files.certFile} is not valid before ${from}`,
        'look at the clock of this machine',
      );
    }
    // The log of a running ambassador warns then too.
    if (endIsNearAt({ validFrom, expiresAt }) <= now)
      return warning(subject, `${files.certFile} expires at ${until}`, 'renew it');
    return ok(subject, `${files.certFile} is valid until ${until}`);
  } catch {
    return undefined;
  }
}

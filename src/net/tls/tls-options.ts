// What users configure of TLS towards endpoints, and of TLS at our own addresses.

import { isIP } from 'node:net';
import { z } from 'zod';
import { flag, text } from '../../schema/fields.ts';

const EXPECTED_FILE = 'expected the path of a file';
const EXPECTED_VERSION = 'expected TLSv1.2 or TLSv1.3';
const EXPECTED_NAME =
  'expected a host name such as payments.internal, or an IP address, without scheme, port or wildcard; names that are not ASCII as xn--';
const EXPECTED_NAMES =
  'expected a list of names, such as [payments.internal] or [spiffe://example.org/payments], without wildcards';

/** As DNS has them, in ASCII; underscores stand in names of some networks. */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/i;
const URI = /^[a-z][a-z0-9+.-]*:\/\/[!-~]+$/i;

function isNameOrAddress(name: string): boolean {
  return isIP(name) !== 0 || HOST_NAME.test(name);
}

const minVersion = z
  .enum(['TLSv1.2', 'TLSv1.3'], { error: EXPECTED_VERSION })
  .default('TLSv1.2')
  .describe('The oldest version of TLS that is spoken, TLSv1.2 (default) or TLSv1.3.');

/** TLS towards the endpoints of a service. */
export const tlsOptions = z.strictObject({
  mode: z
    .enum(['files', 'connect', 'auto'], { error: 'expected one of files, connect, auto' })
    .default('files')
    .describe(
      'files: authorities and certificate are those of the files below (default). connect: those of Consul Connect, renewed as Consul renews them; the endpoints are the sidecar proxies of the service, and those that take such connections themselves. auto: as connect where Consul lists such endpoints of the service, and in the clear where it lists none.',
    ),
  connectAs: text('expected the name of a service')
    .optional()
    .describe(
      'With mode: connect or auto, the service whose certificate is shown, by which intentions allow or deny (default: register.name).',
    ),
  caFile: text(EXPECTED_FILE)
    .optional()
    .describe(
      'Certificates of the authorities to trust, PEM (default: those of the system). Read again when it changes, as the other files are.',
    ),
  certFile: text(EXPECTED_FILE)
    .optional()
    .describe('The certificate to show to endpoints that ask for one, PEM, with its chain.'),
  keyFile: text(EXPECTED_FILE).optional().describe('Its private key, PEM, without a passphrase.'),
  serverName: text(EXPECTED_NAME)
    .refine(isNameOrAddress, { error: EXPECTED_NAME })
    .optional()
    .describe(
      'The name to ask for (SNI) and to expect in the certificate (default: the name that the setting host sends to endpoints, else the address of each).',
    ),
  subjectAltNames: z
    .array(
      text(EXPECTED_NAMES).refine((name) => isNameOrAddress(name) || URI.test(name), {
        error: EXPECTED_NAMES,
      }),
      { error: EXPECTED_NAMES },
    )
    .min(1, { error: EXPECTED_NAMES })
    .optional()
    .describe(
      'Instead of the name, one of these has to be in the certificate: host names, IP addresses, or URIs such as SPIFFE ids.',
    ),
  minVersion,
  when: z
    .enum(['always', 'registered'], { error: 'expected one of always, registered' })
    .default('always')
    .describe(
      'always: every endpoint is called over TLS (default). registered: those that are registered as secure, by meta secure: "true", the tag secure=true, or Traefik\'s tag for the scheme https; the others are called in the clear.',
    ),
  verify: flag()
    .default(true)
    .describe('Whether the certificate is verified (default true). Without, any certificate is accepted.'),
});

export type TlsOptions = z.output<typeof tlsOptions>;

/** TLS at our own addresses. */
export const listenTlsOptions = z.strictObject({
  certFile: text(EXPECTED_FILE).describe(
    'The certificate, PEM, with its chain. Read again when it changes, as the other files are.',
  ),
  keyFile: text(EXPECTED_FILE).describe('Its private key, PEM, without a passphrase.'),
  clientCaFile: text(EXPECTED_FILE)
    .optional()
    .describe(
      'Certificates of authorities, PEM: clients have to show a certificate of one of them (default: none is asked for).',
    ),
  minVersion,
});

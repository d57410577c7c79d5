// What users configure of the endpoints that do not come from Consul: fixed ones, and DNS.

import { isIP } from 'node:net';
import { z } from 'zod';
import { authorityOf } from '../endpoint/endpoint.ts';
import { isSocketPath, LONGEST_UNIX_PATH } from '../net/address.ts';
import { text, wholeNumber } from '../schema/fields.ts';

/** A fixed endpoint; IPv6 without brackets. */
export interface StaticEndpoint {
  /** Empty for a unix socket. */
  readonly address: string;
  /** 0 for a unix socket. */
  readonly port: number;
  readonly socketPath?: string;
}

const UNIX_PREFIX = 'unix:';

const EXPECTED_ENDPOINT =
  'expected host:port, such as 10.0.0.7:8080, [fd00::7]:8080 or payments.internal:8080, or unix:/path';
const EXPECTED_NAME = 'expected a name in DNS, such as payments.internal';
const EXPECTED_SERVER = 'expected an IP address, with a port if it is not 53, such as 127.0.0.1:8600';

/** A name of digits and dots alone would be a mistyped address. Underscores are usual inside clusters and in SRV. */
const NAME = /^(?=.{1,254}$)(?![\d.]+$)\w(?:[\w-]{0,61}\w)?(?:\.\w(?:[\w-]{0,61}\w)?)*\.?$/;

/** `host:port` or `unix:/path`, read as address and port. */
export const staticEndpoint = z
  .string({ error: EXPECTED_ENDPOINT })
  .meta({ title: 'host:port or unix:/path' })
  .transform((written, context): StaticEndpoint => {
    const read = readEndpoint(written);
    if (typeof read !== 'string') return read;
    context.addIssue({ code: 'custom', message: read });
    return z.NEVER;
  });

/** A list of `host:port` or `unix:/path` without repetition, at least one; read as addresses and ports. */
export const staticEndpoints = z
  .array(staticEndpoint, { error: `${EXPECTED_ENDPOINT}, in a list` })
  .min(1, { error: 'expected at least one endpoint' })
  .superRefine((endpoints, context) => {
    const seen = new Set<string>();
    for (const [index, endpoint] of endpoints.entries()) {
      const authority = authorityOf(endpoint);
      if (seen.has(authority)) {
        context.addIssue({ code: 'custom', path: [index], message: `expected each endpoint once` });
      }
      seen.add(authority);
    }
  });

/** Where endpoints are looked up: a port is given for addresses, and comes with the record for SRV. */
export type DnsOptions = { readonly name: string; readonly server: string | undefined } & (
  | { readonly record: 'A'; readonly port: number }
  | { readonly record: 'SRV' }
);

export const dnsOptions = z
  .strictObject({
    name: text(EXPECTED_NAME)
      .refine((name) => isIP(name) === 0, { error: `${EXPECTED_NAME}; an address belongs under endpoints` })
      .refine((name) => isIP(name) !== 0 || NAME.test(name), { error: EXPECTED_NAME })
      .describe('The name to look up. It is asked for as it stands, without search domains.'),
    record: z
      .enum(['A', 'SRV'], { error: 'expected one of A, SRV' })
      .default('A')
      .describe(
        'A: the IPv4 addresses of the name, or its IPv6 addresses where it has no IPv4 (default). SRV: the targets of the lowest priority, with their ports and weights.',
      ),
    port: wholeNumber(1, 65_535)
      .optional()
      .describe('The port of every endpoint; needed for A, and part of the record for SRV.'),
    server: z
      .string({ error: EXPECTED_SERVER })
      .refine(isServer, { error: EXPECTED_SERVER })
      .optional()
      .describe("The DNS server to ask, such as 127.0.0.1:8600 (default: the system's)."),
  })
  .transform(({ name, record, port, server }, context): DnsOptions => {
    if (record === 'SRV') {
      if (port === undefined) return { name, record, server };
      context.addIssue({ code: 'custom', path: ['port'], message: 'expected no port: SRV brings its own' });
      return z.NEVER;
    }
    if (port !== undefined) return { name, record, port, server };
    context.addIssue({ code: 'custom', message: 'expected a port as well, since the record A has none' });
    return z.NEVER;
  });

/** Whether it can be a name in DNS; addresses of digits and dots are none. */
export function isDnsName(name: string): boolean {
  return NAME.test(name);
}

/** @returns what was expected instead, when it is not an endpoint */
function readEndpoint(written: string): StaticEndpoint | string {
  if (written.startsWith(UNIX_PREFIX)) {
    const socketPath = written.slice(UNIX_PREFIX.length);
    return isSocketPath(socketPath)
      ? { address: '', port: 0, socketPath }
      : `expected an absolute path of at most ${LONGEST_UNIX_PATH} bytes after unix:, such as unix:/run/payments.sock`;
  }
  if (isIP(written) === 6) return 'expected an IPv6 address in brackets and a port, such as [fd00::7]:8080';
  if (/^[a-z][a-z+.-]*:\/\//i.test(written))
    return 'expected host:port alone, without http:// and without a path';
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(written);
  if (match === null) {
    const isHost = isIP(written) === 4 || NAME.test(written);
    return isHost ? `expected a port as well, such as ${written}:8080` : EXPECTED_ENDPOINT;
  }
  const [, bracketed, plain = '', digits = ''] = match;
  if (bracketed !== undefined && isIP(bracketed) !== 6) return 'expected an IPv6 address in the brackets';
  if (bracketed === undefined && isIP(plain) !== 4 && !NAME.test(plain)) return EXPECTED_ENDPOINT;
  const port = Number(digits);
  if (port < 1 || port > 65_535) return 'expected a port from 1 to 65535';
  return { address: bracketed ?? plain, port };
}

/** What `Resolver.setServers` takes: an address, or with a port `address:port` and `[address]:port`. */
function isServer(written: string): boolean {
  if (isIP(written) !== 0) return true;
  const [, bracketed, plain = '', digits = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(written) ?? [];
  const isAddress = bracketed === undefined ? isIP(plain) === 4 : isIP(bracketed) === 6;
  return isAddress && Number(digits) >= 1 && Number(digits) <= 65_535;
}

// What users configure of the places of endpoints that have other addresses here than where they are registered.

import { isIP } from 'node:net';
import { z } from 'zod';
import type { RewriteRule, RewrittenPlace } from '../endpoint/address-rewriting.ts';
import { isDnsName } from './endpoint-options.ts';

type From = RewriteRule['from'];

const EXPECTED_FROM =
  'expected a host or a block of addresses, with a port or without: 172.18.0.0/16, payments-1:8080, [fd00::/8]:8080';
const EXPECTED_TO = 'expected a host, with a port or without: 127.0.0.1, localhost:18080, [::1]:8080';

const from = z
  .string({ error: EXPECTED_FROM })
  .meta({ title: 'host or CIDR block, with a port or without' })
  .transform((written, context): From => {
    const read = readPlace(written);
    if (read !== undefined) return read;
    context.addIssue({ code: 'custom', message: EXPECTED_FROM });
    return z.NEVER;
  })
  .describe(
    'Which endpoints, by where discovery has them: a host name, an IP address or a block of addresses; with a port only those at that port.',
  );

const to = z
  .string({ error: EXPECTED_TO })
  .meta({ title: 'host, with a port or without' })
  .transform((written, context): RewrittenPlace => {
    const read = readPlace(written);
    if (read !== undefined && read.prefix === undefined) return { host: read.host, port: read.port };
    context.addIssue({ code: 'custom', message: EXPECTED_TO });
    return z.NEVER;
  })
  .describe('Where they are called instead; without a port, at their own.');

export const rewriteOptions = z.array(z.strictObject({ from, to }), {
  error: 'expected a list of rules, such as [{ from: 172.18.0.0/16, to: 127.0.0.1 }]',
});

/** @returns undefined when it is none */
function readPlace(written: string): From | undefined {
  // IPv6 alone needs no brackets: nothing follows its last colon.
  const [bare = ''] = written.split('/', 1);
  const match =
    isIP(bare) === 6
      ? /^(?<host>[^/]+)(?:\/(?<prefix>\d{1,3}))?$/.exec(written)
      : (/^\[(?<host>[^\]/]+)(?:\/(?<prefix>\d{1,3}))?\](?::(?<port>\d{1,5}))?$/.exec(written) ??
        /^(?<host>[^:/[\]]+)(?:\/(?<prefix>\d{1,3}))?(?::(?<port>\d{1,5}))?$/.exec(written));
  if (match?.groups === undefined) return undefined;
  const { host = '', prefix, port } = match.groups;
  const version = isIP(host);
  const isBracketed = written.startsWith('[');
  if (host.includes('%') || (isBracketed && version !== 6)) return undefined;
  if (version === 0 && (prefix !== undefined || !isDnsName(host))) return undefined;
  if (Number(prefix ?? 0) > (version === 6 ? 128 : 32)) return undefined;
  if (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535)) return undefined;
  return {
    host,
    prefix: prefix === undefined ? undefined : Number(prefix),
    port: port === undefined ? undefined : Number(port),
  };
}

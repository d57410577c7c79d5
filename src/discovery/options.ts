// What users configure of Consul and of discovery.

import { isIP } from 'node:net';
import { z } from 'zod';
import { flag, positiveDuration, secret, text, wholeNumber } from '../schema/fields.ts';
import { dnsOptions, staticEndpoints } from './endpoint-options.ts';
import { rewriteOptions } from './rewrite-options.ts';

const address = z
  .string({ error: 'expected an address such as http://127.0.0.1:8500' })
  .meta({ title: 'URL or host:port' })
  .superRefine((written, context) => {
    const message = addressFault(written);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** @returns what was expected instead, when Consul cannot be asked there */
function addressFault(written: string): string | undefined {
  if (/^https?:\/\/[^/]*@/.test(written))
    return 'expected an address without user and password: what Consul is shown is consul.token, or consul.tokenFile';
  if (/^https?:\/\/.*\/(v1|ui)\/?$/.test(written))
    return "expected the agent's address alone, without /v1 or /ui";
  return /^(?:https?:\/\/[^@/\s]+(?:\/[^@\s]*)?|unix:\/\S+)$/.test(written)
    ? undefined
    : 'expected an address such as http://127.0.0.1:8500, consul:8500 or unix:///path';
}

const tls = z.strictObject({
  caFile: text('expected the path of a file')
    .optional()
    .describe(
      'Certificates of the authorities to trust, PEM (default: those of the system). Read again when it changes, as the other files are.',
    ),
  caPath: text('expected the path of a directory').optional().describe('A directory of such files.'),
  certFile: text('expected the path of a file')
    .optional()
    .describe('The certificate to show, PEM, with its chain.'),
  keyFile: text('expected the path of a file')
    .optional()
    .describe('Its private key, PEM, without a passphrase.'),
  serverName: text('expected a host name').optional().describe('The name to expect in the certificate.'),
  verify: flag().default(true).describe('Whether the certificate is verified (default true).'),
});

/** Source: Consul docs, "Commands: environment variables", whose names give the defaults. */
export const consulOptions = z.strictObject({
  address: address
    .default('http://127.0.0.1:8500')
    .describe('Where the Consul agent listens (CONSUL_HTTP_ADDR).'),
  token: secret()
    .optional()
    .describe('The ACL token (CONSUL_HTTP_TOKEN); it needs service:read and node:read.'),
  tokenFile: text('expected the path of a file')
    .optional()
    .describe('A file with the ACL token (CONSUL_HTTP_TOKEN_FILE), read again when it changes.'),
  datacenter: text('expected the name of a datacenter')
    .optional()
    .describe("The datacenter to ask (default: the agent's own)."),
  namespace: text('expected the name of a namespace')
    .optional()
    .describe('The namespace to ask (CONSUL_NAMESPACE; Consul Enterprise).'),
  partition: text('expected the name of a partition')
    .optional()
    .describe('The admin partition to ask (CONSUL_PARTITION; Consul Enterprise).'),
  domain: text('expected a domain such as consul')
    .regex(/^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\.?$/, {
      error: 'expected a domain such as consul',
    })
    .default('consul')
    .describe(
      "The domain of Consul's DNS names (default consul): services are called by NAME.service.DOMAIN, as the `domain` of the agents says.",
    ),
  tls: tls.prefault({}).describe('TLS towards Consul, for an https address.'),
});

export type ConsulOptions = z.output<typeof consulOptions>;

const EXPECTED_RANGE = 'expected an IP address or a block such as 169.254.0.0/16';

const addressRange = z
  .string({ error: EXPECTED_RANGE })
  .meta({ title: 'address or CIDR block' })
  .refine(
    (written) => {
      const [, ip = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(written) ?? [];
      const bits = isIP(ip) === 6 ? 128 : 32;
      return isIP(ip) !== 0 && !ip.includes('%') && Number(prefix ?? 0) <= bits;
    },
    { error: EXPECTED_RANGE },
  );

export const discoveryOptions = z.strictObject({
  services: z
    .enum(['onDemand', 'declared'], { error: 'expected one of onDemand, declared' })
    .default('onDemand')
    .describe(
      'onDemand: every service that Consul knows, watched from its first request on (default). declared: only those under services.',
    ),
  configEntries: flag()
    .default(true)
    .describe(
      "Whether requests follow Consul's configuration entries (default true): service-router, service-splitter and service-resolver, where the file does not say otherwise. docs/consul.md says what of them is done.",
    ),
  snapshotFile: text('expected the path of a file')
    .optional()
    .describe(
      'Where the known endpoints are saved, so that a restart while Consul is down serves from there. An entry counts for 24 hours.',
    ),
  firstAnswerTimeout: positiveDuration()
    .prefault('5s')
    .describe('How long the first request to a service waits for its endpoints (default 5s).'),
  idleTimeout: positiveDuration()
    .prefault('10m')
    .describe(
      'After how long without a request the watch of a service ends (default 10m); declared ones stay.',
    ),
  allowAddresses: z
    .array(addressRange, { error: 'expected a list of IP addresses and blocks, such as [169.254.7.0/24]' })
    .default([])
    .describe(
      'Addresses that endpoints may have although no service should: those of this ambassador itself, and link-local ones (169.254.0.0/16, fe80::/10, fd00:ec2::254), where clouds keep credentials. Endpoints there are not called otherwise.',
    ),
  rewrite: rewriteOptions
    .prefault([])
    .describe(
      'Other places for endpoints that are registered where nothing can be called from here, such as inside a compose network; the first rule that matches counts. What Consul and DNS say is rewritten, endpoints of the file are not; allowAddresses is asked about the new place. docs/development.md has examples.',
    ),
  maxWatches: wholeNumber(1, 10_000)
    .default(150)
    .describe(
      'How many services are watched at once (default 150): each takes a connection to the agent, which takes 200 from one address (limits.http_max_conns_per_client in Consul). At the bound the service that was not called for longest makes room, after 10s; while all are in use, a further one is answered 503 too_many_watches.',
    ),
});

const consul = z
  .strictObject({
    query: text('expected the name of a prepared query')
      .optional()
      .describe(
        'A prepared query instead of a service: it says itself which instances, and where. It is asked every ten seconds, since Consul cannot be waited for there.',
      ),
    service: text('expected the name of a service')
      .optional()
      .describe('Its name in Consul (default: the name under services).'),
    tags: z
      .array(text('expected a tag'), { error: 'expected a list of tags' })
      .default([])
      .describe('Only instances with all of these tags.'),
    datacenter: text('expected the name of a datacenter').optional().describe('The datacenter to ask.'),
    namespace: text('expected the name of a namespace').optional().describe('The namespace to ask.'),
    partition: text('expected the name of a partition').optional().describe('The admin partition to ask.'),
    filter: text('expected a filter expression')
      .optional()
      .describe('Consul\'s filter expression, such as Service.Meta.version == "2".'),
    taggedAddress: text('expected the name of a tagged address')
      .optional()
      .describe("Use this one of an instance's tagged addresses, such as wan, where it has it."),
  })
  .refine(
    ({ query, service, tags, namespace, partition, filter }) =>
      query === undefined ||
      (tags.length === 0 && [service, namespace, partition, filter].every((value) => value === undefined)),
    {
      error:
        'expected no service, tags, filter, namespace or partition beside it: the query says which instances',
      path: ['query'],
    },
  );

export type ConsulDiscoverOptions = z.output<typeof consul>;

/** Exactly one kind of provider. */
export const discoverOptions = z.union([
  z.strictObject({ consul: consul.describe('From Consul.') }),
  z.strictObject({
    endpoints: staticEndpoints.describe(
      'Fixed endpoints, as host:port, or as unix:/path for a unix socket of this machine.',
    ),
  }),
  z.strictObject({ dns: dnsOptions.describe('From DNS.') }),
]);

export type DiscoverOptions = z.output<typeof discoverOptions>;

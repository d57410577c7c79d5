import { z } from 'zod';
import { duration, flag, positiveDuration, secret, text, wholeNumber } from '../schema/fields.ts';

const address = z
  .string({ error: 'expected an address such as http://127.0.0.1:8500' })
  .refine((written) => /^(https?:\/\/[^@/\s]+|unix:\/)/.test(written), {
    error: 'expected an address such as http://127.0.0.1:8500, or unix:///path',
  });

const tls = z.strictObject({
  caFile: text('expected the path of a file')
    .optional()
    .describe('Certificates of the authorities to trust.'),
  caPath: text('expected the path of a directory').optional().describe('A directory of such files.'),
  certFile: text('expected the path of a file').optional().describe('The certificate to show.'),
  keyFile: text('expected the path of a file').optional().describe('Its private key.'),
  serverName: text('expected a host name').optional().describe('The name to expect in the certificate.'),
  verify: flag().default(true).describe('Whether the certificate is verified (default true).'),
});

export const consulOptions = z.strictObject({
  address: address.default('http://127.0.0.1:8500').describe('Where the Consul agent listens.'),
  token: secret().optional().describe('The ACL token.'),
  tokenFile: text('expected the path of a file').optional().describe('A file with the ACL token.'),
  datacenter: text('expected the name of a datacenter').optional().describe('The datacenter to ask.'),
  namespace: text('expected the name of a namespace')
    .optional()
    .describe('The namespace (Consul Enterprise).'),
  partition: text('expected the name of a partition')
    .optional()
    .describe('The partition (Consul Enterprise).'),
  tls: tls.prefault({}).describe('TLS towards Consul.'),
});

export const discoveryOptions = z.strictObject({
  services: z
    .enum(['onDemand', 'declared'], { error: 'expected one of onDemand, declared' })
    .default('onDemand')
    .describe('onDemand: every service that Consul knows. declared: only those under services.'),
  snapshotFile: text('expected the path of a file').optional().describe('Where the endpoints are saved.'),
  firstAnswerTimeout: positiveDuration().prefault('3s').describe('How long a first request waits.'),
  idleTimeout: duration().prefault('10m').describe('After how long without a request a watch ends.'),
});

const consul = z.strictObject({
  service: text('expected the name of a service').optional().describe('Its name in Consul.'),
  tags: z.array(text('expected a tag')).default([]).describe('Only instances with all of these tags.'),
  datacenter: text('expected the name of a datacenter').optional().describe('The datacenter to ask.'),
});

export const discoverOptions = z.union([
  z.strictObject({ consul: consul.describe('From Consul.') }),
  z.strictObject({
    endpoints: z
      .array(text('expected host:port').regex(/:\d+$/, { error: 'expected host:port' }))
      .min(1, { error: 'expected at least one endpoint' })
      .describe('Fixed endpoints, as host:port.'),
  }),
]);

void wholeNumber;

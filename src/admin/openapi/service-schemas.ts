// Responses of the admin API of services and their endpoints, as schemas: each is held against the type of its view by the
// compiler, and against real responses by a test.

import { z } from 'zod';
import type { EndpointView } from '../endpoint-view.ts';
import type { OverrideView } from '../override-view.ts';
import type { ServiceChainView } from '../service-chain-view.ts';
import type { CircuitBreakerView, ServiceSummary, ServiceView, TableView } from '../service-view.ts';
import type { TranslationView } from '../translation-view.ts';
import { count, ms, time } from './schema-kinds.ts';

const endpointState = z.enum([
  'available',
  'ejected',
  'probing',
  'critical',
  'maintenance',
  'drained',
  'no_port',
  'zero_weight',
  'bad_address',
  'forbidden_address',
  'deregistered',
]);

export const panic = z
  .enum(['none', 'all_ejected', 'all_critical'])
  .describe('Whether requests go to endpoints that are known to be bad, since there are no others');

const failure = z.strictObject({
  kind: z.enum([
    'unreachable',
    'server_error',
    'permission_denied',
    'rate_limited',
    'rejected',
    'malformed',
    'acl_filtered',
    'suspicious_shrink',
  ]),
  detail: z.string(),
});

export const table = z.strictObject({
  version: count().describe('Counts from 1 in this process; 0 before there is a table'),
  provenance: z.enum(['registry', 'dns', 'snapshot', 'static']).nullable(),
  ageMs: ms('Since the source last confirmed it; of a snapshot, since it was saved').nullable(),
  failure: failure.nullable().describe('What keeps the source from confirming it'),
}) satisfies z.ZodType<TableView>;

export const endpoint = z.strictObject({
  id: z.string(),
  address: z.string(),
  port: count(),
  socketPath: z.string().nullable().describe('Of a unix socket, in place of address and port'),
  authority: z.string().describe('host:port or unix:/path'),
  discoveredAt: z
    .string()
    .nullable()
    .describe('host:port where discovery has it, when discovery.rewrite gives it another place'),
  secure: z.boolean().describe('Whether it is called over TLS'),
  node: z.string(),
  datacenter: z.string().nullable(),
  target: z
    .string()
    .nullable()
    .describe('What the chain calls the set of endpoints that it is of; null without a chain'),
  tier: count()
    .nullable()
    .describe(
      'The next one gets requests when the one before has no endpoint to use; null where no requests go',
    ),
  health: z.enum(['passing', 'warning', 'critical', 'maintenance']).describe('What discovery says'),
  healthDetail: z.string().nullable(),
  remembered: z
    .boolean()
    .describe('Not listed since the registry lost its data: used as it was known before'),
  weight: z.number(),
  tags: z.array(z.string()),
  meta: z.record(z.string(), z.string()),
  inFlight: count().describe('Requests on their way there'),
  latencyMs: ms('The median time to the head of the last 15 responses of the last minute').nullable(),
  retryAfterMs: ms('For how much longer it asked to be left alone with Retry-After').nullable(),
  healthCheck: z
    .strictObject({ passed: z.boolean(), detail: z.string().nullable().describe('Why it failed') })
    .nullable()
    .describe('What the last of our own health checks came to; null without them'),
  outlier: z
    .strictObject({
      state: z.enum(['available', 'ejected', 'probing']),
      since: time('Since when it is in this state').nullable(),
      until: time('When an ejection ends').nullable(),
      remainingMs: ms('Until an ejection ends').nullable(),
      reason: z.string().nullable(),
      ejections: count().describe('How many times it has been ejected'),
      recent: z
        .strictObject({ requests: count(), failures: count() })
        .describe('What came of the requests there in the last seconds (windowedFailureRatio.window)'),
    })
    .describe('What the connections of this process say'),
  state: endpointState.describe('Both put together'),
  usable: z.boolean().describe('Whether new requests may go there now'),
  reason: z.string().describe('Why, in a sentence'),
}) satisfies z.ZodType<Omit<EndpointView, 'outlier'>>;

const circuit = z.strictObject({
  state: z.enum(['closed', 'open', 'half_open', 'isolated']),
  since: time('Since when'),
  opensForMs: ms('Until calls are tried again').nullable(),
  calls: count(),
  failures: count(),
  slow: count(),
}) satisfies z.ZodType<CircuitBreakerView>;

export const bulkhead = z.strictObject({ active: count(), queued: count(), limit: count() });

const bytes = z.strictObject({
  received: count().describe('From clients'),
  sent: count().describe('To clients'),
});

export const override = z.strictObject({
  address: z.string().describe('host:port or unix:/path'),
  header: z.string().nullable().describe('Only requests with this header, such as x-dev: me; null for all'),
  who: z.string().nullable(),
  why: z.string().nullable(),
  since: time('Since when'),
  until: time('When it ends by itself').nullable(),
}) satisfies z.ZodType<OverrideView>;

export const summaryShape = {
  name: z.string(),
  protocol: z.enum(['http', 'tcp']).describe('What is spoken with it'),
  table,
  endpointCounts: z.strictObject({
    total: count(),
    available: count(),
    ejected: count(),
    probing: count(),
    critical: count(),
    maintenance: count(),
    drained: count(),
    no_port: count(),
    zero_weight: count(),
    bad_address: count(),
    forbidden_address: count(),
  }),
  panic,
  failovers: z
    .array(
      z.strictObject({
        from: z.string().describe('The first tier of a destination'),
        to: z.string().describe('The tier that most of its requests go to'),
        isEmpty: z.boolean().describe('Whether the first tier has no endpoint to use, rather than too few'),
      }),
    )
    .describe('Which requests go to another tier than their first'),
  activeRequests: count().describe('Over TCP: open connections'),
  bytes: bytes.nullable().describe('Carried over TCP so far; null for a service over HTTP'),
  override: override.nullable().describe('Where its requests go in place of its own endpoints'),
  circuit: circuit.nullable().describe('Null when it is switched off'),
};

const summary = z.strictObject(summaryShape) satisfies z.ZodType<ServiceSummary>;

export const services = z.strictObject({
  services: z.array(summary).describe('The open ones, by name'),
  known: z.array(z.string()).describe('Every name that can be called'),
});

export const chainRoute = z.strictObject({
  match: z.string().nullable().describe('Which requests take it; null for all that are left'),
  splits: z.array(
    z.strictObject({
      share: z.number().describe('Of the requests of its route, 0 to 1'),
      tiers: z.array(
        z.strictObject({
          target: z.string(),
          endpoints: count(),
          usable: count(),
          panic,
          ageMs: ms('Since its endpoints were last confirmed').nullable(),
          failure: failure.nullable().describe('What keeps them from being confirmed'),
          share: z.number().describe('Of the requests of its destination, now, 0 to 1'),
        }),
      ),
    }),
  ),
});

const chain = z.strictObject({
  from: z.enum(['consul', 'configuration']),
  protocol: z.string().nullable().describe('In Consul'),
  overprovisioning: z.number().nullable().describe("Envoy's factor; null for strict tiers"),
  routes: z.array(chainRoute).describe('The first that matches counts'),
  notDone: z.array(z.string()).describe('What is asked for and not done, a sentence each'),
}) satisfies z.ZodType<ServiceChainView>;

export const apiRoute = z.strictObject({
  method: z.string().describe('`*` for any'),
  path: z.string().describe('A template, such as `/v1/{name=shelves/*}`'),
  body: z
    .string()
    .nullable()
    .describe('The field that the content is; `*` for all that are not in the path, null for no content'),
});

const translation = z.strictObject({
  clients: z.array(z.string()).describe('What its clients may speak beside what its endpoints do'),
  description: z
    .strictObject({
      from: z.enum(['file', 'reflection']),
      path: z.string().nullable().describe('Of the file'),
      version: z.string().nullable().describe('Of server reflection; null until an endpoint has responded'),
      saved: z.boolean().describe('Whether it is that of an earlier run'),
      confirmedAt: time('When the source said so last').nullable(),
      fault: z.string().nullable().describe('Why a newer one cannot be had'),
    })
    .nullable()
    .describe('Where its methods are known from; null where they need not be'),
  methods: z
    .array(
      z.strictObject({
        name: z.string().describe('`package.Service/Method`'),
        kind: z.enum(['unary', 'client_streaming', 'server_streaming', 'bidi_streaming']),
        input: z.string(),
        output: z.string(),
        idempotent: z.boolean(),
        deprecated: z.boolean(),
        routes: z.array(apiRoute).describe('Those of its google.api.http rule first'),
      }),
    )
    .nullable()
    .describe('Null until they are known'),
  ruleFaults: z.array(z.string()).describe('What is wrong with google.api.http rules, a sentence each'),
}) satisfies z.ZodType<TranslationView>;

export const service = z.strictObject({
  ...summaryShape,
  bulkhead,
  chain: chain.nullable().describe('Where its requests go; null where they go to its own endpoints alone'),
  translation: translation.nullable().describe('Null where its endpoints speak what its clients speak'),
  endpoints: z.array(endpoint),
}) satisfies z.ZodType<Omit<ServiceView, 'endpoints'>>;

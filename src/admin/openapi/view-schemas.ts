// What the admin API answers, as schemas: each is held against the type of the view by the compiler, and against real
// answers by a test.

import { z } from 'zod';
import { TIMELINE_KINDS } from '../../observe/timeline/timeline-entry.ts';
import type { ConfigurationState } from '../configuration-view.ts';
import type { EndpointView } from '../endpoint-view.ts';
import type { Explanation } from '../explain-view.ts';
import type { LogLevelView } from '../log-level-routes.ts';
import type { OverrideView } from '../override-view.ts';
import type { Overview, ServiceOverview } from '../overview-view.ts';
import type { ServiceChainView } from '../service-chain-view.ts';
import type { CircuitBreakerView, ServiceSummary, ServiceView, TableView } from '../service-view.ts';
import type { TranslationView } from '../translation-view.ts';

const count = () => z.int().min(0);
const ms = (description: string) => z.number().describe(`${description}, in milliseconds`);
const time = (description: string) => z.iso.datetime().describe(description);

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
]);

const panic = z
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
  provenance: z.enum(['registry', 'snapshot', 'static']).nullable(),
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

const bulkhead = z.strictObject({ active: count(), queued: count(), limit: count() });

const bytes = z.strictObject({
  received: count().describe('From clients'),
  sent: count().describe('To clients'),
});

const override = z.strictObject({
  address: z.string().describe('host:port or unix:/path'),
  header: z.string().nullable().describe('Only requests with this header, such as x-dev: me; null for all'),
  who: z.string().nullable(),
  why: z.string().nullable(),
  since: time('Since when'),
  until: time('When it ends by itself').nullable(),
}) satisfies z.ZodType<OverrideView>;

const summaryShape = {
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

const chain = z.strictObject({
  from: z.enum(['consul', 'configuration']),
  protocol: z.string().nullable().describe('In Consul'),
  overprovisioning: z.number().nullable().describe("Envoy's factor; null for strict tiers"),
  routes: z
    .array(
      z.strictObject({
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
      }),
    )
    .describe('The first that matches counts'),
  notDone: z.array(z.string()).describe('What is asked for and not done, a sentence each'),
}) satisfies z.ZodType<ServiceChainView>;

const apiRoute = z.strictObject({
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

const readiness = z.strictObject({
  status: z.enum(['starting', 'ready', 'draining']),
  waitingFor: z.array(z.string()).describe('What is still missing, a sentence each'),
});

export const readyz = readiness.extend({
  discovery: z.strictObject({ services: z.array(z.strictObject({ name: z.string(), table })) }),
});

const rates = z
  .strictObject({
    perSecond: z.number(),
    errorRatio: z.number().min(0).max(1),
    p50Ms: ms('Median').nullable(),
    p90Ms: ms('90th percentile').nullable(),
    p99Ms: ms('99th percentile').nullable(),
  })
  .describe('Over the last ten seconds');

const problem = z.strictObject({
  file: z.string().describe('The file, `environment`, or `Consul KV` with its key'),
  line: z.int().nullable(),
  column: z.int().nullable(),
  key: z.string(),
  message: z.string(),
});

const configurationShape = {
  file: z.string().nullable(),
  loadedAt: time('When the configuration in force was taken'),
  refused: z
    .strictObject({ at: time('When'), problems: z.array(problem) })
    .nullable()
    .describe('What was read last, if it was refused'),
  waitingForRestart: z.array(z.string()).describe('Keys that count only after a restart'),
  kv: z
    .strictObject({
      key: z.string(),
      state: z.enum(['waiting', 'absent', 'read']),
      modifyIndex: z.number().nullable().describe("Consul's index of the last change of the value"),
      failure: z.string().nullable().describe('Why it is not known whether that is still so'),
    })
    .nullable()
    .describe('The part of the configuration in Consul KV; null where the file names none'),
};

const configuration = z.strictObject(configurationShape) satisfies z.ZodType<ConfigurationState>;

export const config = z.strictObject({
  ...configurationShape,
  config: z.unknown().describe('The configuration in force, without its secrets'),
  settings: z
    .array(
      z.strictObject({
        key: z.string(),
        value: z.unknown(),
        origin: z
          .union([
            z.strictObject({
              from: z.literal('file'),
              line: z.int().min(1),
              variables: z.array(z.string()).describe('Those that the file puts in there'),
            }),
            z.strictObject({ from: z.literal('kv'), line: z.int().min(1) }),
            z.strictObject({ from: z.literal('environment'), variable: z.string() }),
          ])
          .nullable()
          .describe('Null for a default'),
      }),
    )
    .describe('The same value by value, each with where it comes from'),
});

const serviceOverview = z.strictObject({
  ...summaryShape,
  rates,
  bulkhead,
  retryBudget: z.strictObject({ available: count(), ratio: z.number() }),
  ejections: count().describe('Endpoints that are ejected or on trial'),
  maintenance: z
    .string()
    .nullable()
    .describe('What Consul says of the maintenance of an endpoint, the reason among it'),
  failureCause: z
    .string()
    .nullable()
    .describe('Why requests fail, such as "connection refused by 2 of 2"; null while none does'),
}) satisfies z.ZodType<ServiceOverview>;

export const overview = z.strictObject({
  at: time('When it was made'),
  version: z.string(),
  host: z.string().describe('The name of the machine'),
  operators: z
    .enum(['token', 'socket', 'none'])
    .describe('How calls that change something are let in; none while no token is configured'),
  startedAt: time('When the process started'),
  rssBytes: count(),
  eventLoopLagMs: ms('The 99th percentile of how late the event loop was').nullable(),
  listening: z
    .array(
      z.strictObject({
        address: z.string().describe('HOST:PORT or unix:PATH, as bound'),
        service: z.string().nullable().describe('The only service behind it'),
        protocol: z.enum(['http', 'tcp']).describe('Whether requests are served there, or bytes carried'),
      }),
    )
    .describe('Where applications call'),
  readiness,
  consul: z.strictObject({
    state: z.enum(['answering', 'failing', 'waiting']),
    since: time('Since when').nullable(),
    detail: z.string().nullable(),
    address: z.string(),
  }),
  registration: z
    .strictObject({
      service: z.string(),
      id: z.string().describe('Of the instance, in Consul'),
      state: z.enum(['waiting_for_port', 'registering', 'registered', 'maintenance', 'deregistered']),
      since: time('Since when'),
      failure: z
        .string()
        .nullable()
        .describe('What keeps it from being registered, or its checks from being reported'),
      portFault: z.string().nullable().describe('Why the last connection to its port failed'),
    })
    .nullable()
    .describe('Of the application beside the ambassador; null when it is not to be registered'),
  configuration,
  faults: z.strictObject({
    count: count().describe('Since the start'),
    last: z.strictObject({ at: time('When'), message: z.string() }).nullable(),
  }),
  snapshotFault: z
    .strictObject({ since: time('When it failed first'), message: z.string() })
    .nullable()
    .describe('Why the snapshot cannot be written; null while it can, and where none is kept'),
  standing: z
    .array(
      z.strictObject({
        service: z.string().nullable().describe('Null for what concerns the ambassador as a whole'),
        endpoint: z.string().nullable().describe('Null when it concerns the whole service'),
        operation: z.enum(['eject', 'drain', 'isolate', 'use', 'log-level']),
        value: z.string().nullable().describe('The level of log-level, where requests go by use'),
        who: z.string().nullable(),
        why: z.string().nullable(),
        since: time('Since when'),
        until: time('When it ends by itself').nullable(),
      }),
    )
    .describe('What operators did that still holds'),
  requests: rates,
  services: z.array(serviceOverview),
  known: z.array(z.string()),
}) satisfies z.ZodType<Overview>;

const percentiles = z.array(z.number().nullable());

export const history = z.strictObject({
  stepMs: ms('How long a step is'),
  startedAt: time('When the first step began'),
  points: z.strictObject({
    requests: z.array(count()),
    errors: z.array(count()),
    p50Ms: percentiles,
    p99Ms: percentiles,
  }),
});

const sample = z.strictObject({
  at: time('When it began'),
  requestId: z.string(),
  traceId: z.string().nullable(),
  method: z.string(),
  target: z.string().describe('The path without its query'),
  status: z.int(),
  reason: z.string().nullable(),
  detail: z.string().nullable().describe('Why, for people; null where an endpoint responded'),
  flags: z.array(z.string()),
  durationMs: ms('From its head to the end of the response'),
  attempts: z.array(
    z.strictObject({
      endpoint: z.string(),
      authority: z.string(),
      startedMs: ms('After the request began'),
      headMs: ms("Until the response's head").nullable(),
      status: z.int().nullable(),
      failure: z.string().nullable(),
      detail: z.string().nullable().describe('Why it failed, for people'),
    }),
  ),
});

export const requestSamples = z.strictObject({
  slowest: z.array(sample),
  failed: z.array(sample),
  recent: z.array(sample),
});

export const timeline = z.strictObject({
  entries: z.array(
    z.strictObject({
      id: z.int().min(1),
      at: time('When it happened'),
      service: z.string().nullable(),
      kind: z.enum(TIMELINE_KINDS),
      severity: z.enum(['info', 'warning', 'error']),
      summary: z.string(),
      detail: z.record(z.string(), z.unknown()),
    }),
  ),
});

const fieldRules = z.strictObject({
  removed: z.array(z.string()).describe('Those whose value is replaced among them'),
  added: z.array(z.string()),
});

const sentRequest = z.strictObject({
  path: z.string().describe('As the endpoint would get it'),
  host: z.string().nullable().describe('Null for its own address'),
  forwardedPrefix: z.string().nullable(),
  via: z.boolean(),
  requestFields: fieldRules,
  responseFields: fieldRules,
  rewritesLocation: z.boolean(),
  rewritesCookies: z.boolean(),
});

export const explanation = z.strictObject({
  method: z.string(),
  target: z.string(),
  refusal: z.strictObject({ status: z.int(), reason: z.string(), detail: z.string() }).nullable(),
  addressing: z.string().nullable(),
  service: z.string().nullable(),
  path: z.string().nullable().describe('Without what named the service, and before rewrite.path'),
  override: override.nullable().describe('What takes it in place of the endpoints of the service'),
  sent: sentRequest.nullable().describe('What rules for messages make of it'),
  route: z.strictObject({ number: z.int().min(1), match: z.record(z.string(), z.unknown()) }).nullable(),
  call: z
    .strictObject({ method: z.string(), route: apiRoute, message: z.unknown() })
    .nullable()
    .describe('The call of gRPC that it becomes; null where it is not translated'),
  chain: z.array(z.strictObject({ stage: z.string(), on: z.boolean(), text: z.string() })),
  table: table.nullable(),
  balancing: z
    .strictObject({
      policy: z.string(),
      load: z.string().nullable(),
      hash: z.number().nullable(),
      hashed: z.string().nullable(),
      panic,
    })
    .nullable(),
  endpoints: z.array(endpoint.extend({ load: z.number().nullable(), rampUp: z.number().min(0).max(1) })),
}) satisfies z.ZodType<{ readonly [K in keyof Explanation]: unknown }>;

export const logLevel = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']),
  until: time("When the configuration's own counts again").nullable(),
}) satisfies z.ZodType<LogLevelView>;

export const reloadReport = z.strictObject({
  outcome: z.enum(['reloaded', 'unchanged']),
  changes: z.array(
    z.strictObject({ path: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
  ),
  waitingForRestart: z.array(z.string()),
});

export const healthz = z.strictObject({ status: z.literal('ok') });

/** RFC 9457. */
export const problemDocument = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  reason: z.string(),
});

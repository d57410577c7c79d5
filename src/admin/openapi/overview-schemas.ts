// Responses of the admin API of the whole process, as schemas: each is held against the type of its view by the
// compiler, and against real responses by a test.

import { z } from 'zod';
import type { Overview, ServiceOverview } from '../overview-view.ts';
import { configuration } from './configuration-schemas.ts';
import { count, ms, time } from './schema-kinds.ts';
import { bulkhead, summaryShape, table } from './service-schemas.ts';

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
    state: z.enum(['answering', 'refusing', 'failing', 'waiting']),
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

export const healthz = z.strictObject({ status: z.literal('ok') });

/** RFC 9457. */
export const problemDocument = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  reason: z.string(),
});

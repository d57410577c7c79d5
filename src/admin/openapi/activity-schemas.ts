// Responses of the admin API of what happened lately, as schemas: each is held against the type of its view by the
// compiler, and against real responses by a test.

import { z } from 'zod';
import { TIMELINE_KINDS } from '../../observe/timeline/timeline-entry.ts';
import { count, ms, time } from './schema-kinds.ts';

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

const grpcStatus = () => z.string().nullable().describe('Of a gRPC call, by name; null for none');

const sample = z.strictObject({
  at: time('When it began'),
  requestId: z.string(),
  traceId: z.string().nullable(),
  method: z.string(),
  target: z.string().describe('The path without its query'),
  status: z.int(),
  grpcStatus: grpcStatus(),
  failed: z.boolean().describe('Whether it counts as an error of the service or of the ambassador'),
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
      grpcStatus: grpcStatus(),
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

// Every call of the admin API: what it takes and what it answers.

import { z } from 'zod';
import { TIMELINE_KINDS } from '../../observe/timeline/timeline-entry.ts';
import { ejectOptions, logLevelOptions, noOptions, overrideOptions } from '../operator-options.ts';
import * as activityViews from './activity-schemas.ts';
import * as configurationViews from './configuration-schemas.ts';
import * as explanationViews from './explanation-schemas.ts';
import * as overviewViews from './overview-schemas.ts';
import * as serviceViews from './service-schemas.ts';

export interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** As the router has it: `:name` for what a call fills in. */
  readonly path: string;
  readonly summary: string;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** The statuses of its answers beside refusals, and what they hold; media types for what is not JSON. */
  readonly answers: Readonly<Record<number, z.ZodType | string | readonly string[]>>;
  /** Refusals of its own, beside those that follow from its shape: when there is which status. */
  readonly refusals?: Readonly<Record<number, string>>;
}

const operatorBody = noOptions;

const NO_CIRCUIT_BREAKER = { 409: 'The circuit breaker of the service is switched off.' };

function endpointOperation(name: string, summary: string, body: z.ZodObject = operatorBody): Operation {
  return {
    method: 'post',
    path: `/api/services/:name/endpoints/:id/${name}`,
    summary,
    body,
    answers: { 200: serviceViews.endpoint },
  };
}

const text = (description: string) => z.string().optional().describe(description);

export const OPERATIONS: readonly Operation[] = [
  {
    method: 'get',
    path: '/healthz',
    summary: 'The process answers.',
    answers: { 200: overviewViews.healthz },
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Whether traffic can flow, and what is waited for; 503 while starting or stopping.',
    answers: { 200: overviewViews.readyz, 503: overviewViews.readyz },
  },
  {
    method: 'get',
    path: '/metrics',
    summary: "Prometheus's metrics, as plain text or OpenMetrics.",
    answers: { 200: ['text/plain', 'application/openmetrics-text'] },
  },
  {
    method: 'get',
    path: '/api/overview',
    summary: 'Everything at a glance.',
    answers: { 200: overviewViews.overview },
  },
  {
    method: 'get',
    path: '/api/events',
    summary:
      'Server-sent events: `overview` every second, `timeline` as it happens; Last-Event-ID resumes the timeline.',
    answers: { 200: 'text/event-stream' },
    refusals: { 503: 'Too many streams are open.' },
  },
  {
    method: 'get',
    path: '/api/services',
    summary: 'The open services, and every name that can be called.',
    answers: { 200: serviceViews.services },
  },
  {
    method: 'get',
    path: '/api/services/:name',
    summary: 'A service with its endpoints, and why each is in or out.',
    answers: { 200: serviceViews.service },
  },
  {
    method: 'get',
    path: '/api/services/:name/openapi.json',
    summary: 'The API of a translated service as OpenAPI 3.1: the requests of HTTP that its methods are.',
    answers: { 200: 'application/json' },
    refusals: { 404: 'There is no such service, it has not been called yet, or its API is not known.' },
  },
  {
    method: 'get',
    path: '/api/services/:name/history',
    summary: 'What requests came to in the last quarter of an hour.',
    answers: { 200: activityViews.history },
  },
  {
    method: 'get',
    path: '/api/services/:name/requests',
    summary: 'The slowest, the failed and some recent requests.',
    answers: { 200: activityViews.requestSamples },
  },
  {
    method: 'get',
    path: '/api/timeline',
    summary: 'What happened in the last quarter of an hour, oldest first.',
    query: z.strictObject({
      service: text('Only what concerns this one'),
      kind: z.enum(TIMELINE_KINDS).optional().describe('Only this kind; may be given several times'),
      sinceId: z.int().min(0).optional().describe('Only entries after this one'),
      limit: z.int().min(0).optional().describe('Only the last so many (default 200)'),
    }),
    answers: { 200: activityViews.timeline },
  },
  {
    method: 'get',
    path: '/api/explain',
    summary: 'What would become of a request; nothing is sent.',
    query: z.strictObject({
      target: z.string().describe('A path or a URL'),
      method: text('Default GET'),
      header: text('`name: value`; may be given several times'),
    }),
    answers: { 200: explanationViews.explanation },
  },
  {
    method: 'get',
    path: '/api/config',
    summary: 'The configuration in force, without its secrets.',
    answers: { 200: configurationViews.config },
  },
  {
    method: 'post',
    path: '/api/config/reload',
    summary: 'Reads the configuration again; 422 when it is refused.',
    body: operatorBody,
    answers: { 200: configurationViews.reloadReport },
    refusals: {
      409: 'The ambassador was started without a file.',
      422: 'The file has mistakes, and the old configuration stays in force.',
    },
  },
  {
    method: 'get',
    path: '/api/log-level',
    summary: 'What is logged.',
    answers: { 200: configurationViews.logLevel },
  },
  {
    method: 'post',
    path: '/api/log-level',
    summary: 'Changes what is logged, for a time or until a restart.',
    body: logLevelOptions,
    answers: { 200: configurationViews.logLevel },
  },
  {
    ...endpointOperation('eject', 'Takes an endpoint out, for a time or until further notice.', ejectOptions),
    refusals: { 409: 'It is the last endpoint that gets requests.' },
  },
  endpointOperation('uneject', 'Lets an ejected endpoint back.'),
  endpointOperation('drain', 'Sends an endpoint no new requests.'),
  endpointOperation('undrain', 'Sends a drained endpoint requests again.'),
  {
    method: 'post',
    path: '/api/services/:name/circuit/isolate',
    summary: 'Refuses every call to a service until its circuit is closed.',
    body: operatorBody,
    answers: { 200: serviceViews.service },
    refusals: NO_CIRCUIT_BREAKER,
  },
  {
    method: 'post',
    path: '/api/services/:name/circuit/close',
    summary: 'Closes the circuit of a service.',
    body: operatorBody,
    answers: { 200: serviceViews.service },
    refusals: NO_CIRCUIT_BREAKER,
  },
  {
    method: 'put',
    path: '/api/services/:name/override',
    summary:
      'Sends the requests of a service to one endpoint in place of its own, for a time or until further notice.',
    body: overrideOptions,
    answers: { 200: serviceViews.service },
    refusals: {
      404: 'Only declared services may be called, and this is none.',
      409: 'It is called over TCP, where no header is read.',
      503: 'As many services are watched as discovery.maxWatches allows.',
    },
  },
  {
    method: 'delete',
    path: '/api/services/:name/override',
    summary: 'Lets the requests of a service go to its own endpoints again.',
    body: operatorBody,
    answers: { 200: serviceViews.service },
    refusals: { 404: 'There is no such service, or it has no override.' },
  },
  {
    method: 'get',
    path: '/api/openapi.json',
    summary: 'This description.',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
  },
];

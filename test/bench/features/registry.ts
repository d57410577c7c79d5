// Every feature whose cost is a row of the report. The first is what all others are compared with.

import { startConsulAgent } from '../../support/consul-agent.ts';
import { SERVICE } from '../peers/peer.ts';
import type { Feature } from './feature.ts';
import { startSpanSink } from './span-sink.ts';

const service = (name: string, note: string, config: Readonly<Record<string, unknown>>): Feature => ({
  name,
  note,
  configure: () => ({ service: config }),
});

const accessLog = (name: string, note: string, config: Readonly<Record<string, unknown>>): Feature => ({
  name,
  note,
  configure: () => ({ top: { accessLog: config } }),
});

const tracing = (name: string, note: string, sample: number): Feature => ({
  name,
  note,
  configure: async (job) => ({ top: { tracing: { sample, otlp: { endpoint: await startSpanSink(job) } } } }),
});

const PLENTY = 1_000_000_000;
/** As many calls as the shape has connections: the limit is kept, and never refuses. */
const ALL_CONNECTIONS = 64;

export const FEATURES: readonly Feature[] = [
  service('default policies', 'metrics, access log of 1 % of the requests', {}),
  service('default policies again', 'nothing: how far two that are alike differ here', {}),
  accessLog('no access log', 'accessLog.enabled: false', { enabled: false }),
  accessLog('access log of everything', 'accessLog.sample: 1, lines of JSON', { sample: 1 }),
  accessLog('access log in a format', 'accessLog.sample: 1, five operators', {
    sample: 1,
    format: '%START_TIME% %REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %DURATION%',
  }),
  tracing('tracing', 'tracing.sample: 1, spans posted as protobuf', 1),
  tracing('tracing of 1 %', 'tracing.sample: 0.01', 0.01),
  service('hedging', 'hedging: {}', { hedging: {} }),
  service('coalescing', 'coalescing: {}: 64 callers ask the same, so that few requests go out', {
    coalescing: {},
  }),
  service('static fallback', 'fallback.static; never needed', { fallback: { static: { body: 'later' } } }),
  service('stale fallback', 'fallback.stale; every answer is kept', { fallback: { stale: {} } }),
  service('rate limit', 'rateLimit.service, never reached', {
    rateLimit: { service: { requests: PLENTY } },
  }),
  service(
    'rate limit by caller',
    'rateLimit.caller by the header x-forwarded-host, one caller, never reached',
    {
      rateLimit: { caller: { header: 'x-forwarded-host', requests: PLENTY } },
    },
  ),
  service('adaptive concurrency', 'a limit of at least 64, so that nothing is refused', {
    adaptiveConcurrency: { minConcurrency: ALL_CONNECTIONS },
  }),
  service('faults', 'one rule, for a header that is never sent', {
    faults: [{ abort: 503, header: { name: 'x-fault' } }],
  }),
  service('a route', 'matched by its path, with a time limit of its own', {
    routes: [{ match: { pathPrefix: '/small' }, timeout: { request: '10s' } }],
  }),
  service('least request', 'loadBalancer.policy: leastRequest', { loadBalancer: { policy: 'leastRequest' } }),
  service('round robin', 'loadBalancer.policy: roundRobin', { loadBalancer: { policy: 'roundRobin' } }),
  service('random', 'loadBalancer.policy: random', { loadBalancer: { policy: 'random' } }),
  service('ring hash by header', 'by the header host: one endpoint gets all', {
    loadBalancer: { policy: 'ringHash', hashOn: [{ header: 'host' }] },
  }),
  service('maglev by header', 'the same', {
    loadBalancer: { policy: 'maglev', hashOn: [{ header: 'host' }] },
  }),
  service('ring hash', 'by the caller’s address: one endpoint gets all', {
    loadBalancer: { policy: 'ringHash', hashOn: [{ sourceAddress: true }] },
  }),
  service('no outlier detection', 'outlierDetection.enabled: false', {
    outlierDetection: { enabled: false },
  }),
  service('no circuit breaker', 'circuitBreaker.enabled: false', { circuitBreaker: { enabled: false } }),
  service('no retries', 'retry.attempts: 0', { retry: { attempts: 0 } }),
  {
    name: 'Consul',
    note: 'endpoints from a real Consul, on demand',
    configure: async (job) => {
      const consul = await startConsulAgent(job);
      for (const [i, port] of job.endpoints.entries()) {
        await consul.register({ name: SERVICE, id: `${SERVICE}-${i}`, port });
      }
      return {
        top: { consul: { address: consul.address }, discovery: { services: 'onDemand' }, services: {} },
      };
    },
  },
];

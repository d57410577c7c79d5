// The whole configuration file: the modules' own options, put together. Everything else about configuration, the
// reading, the messages, the JSON Schema and the reference, is derived from here.

import { z } from 'zod';
import { loadBalancerOptions } from '../balancer/options.ts';
import { failoverOptions, shadowOptions, splitOptions, subsetsOptions } from '../chain/chain-options.ts';
import { consulOptions, discoverOptions, discoveryOptions } from '../discovery/options.ts';
import { http2Options } from '../http/http2-options.ts';
import { connectionOptions, timeoutOptions } from '../http/options.ts';
import { listenAddress, listenAddresses } from '../net/listen-address.ts';
import { listenTlsOptions, tlsOptions } from '../net/tls/tls-options.ts';
import { outlierDetectionOptions } from '../outlier/options.ts';
import { circuitBreakerOptions } from '../policy/breaker/circuit-breaker-options.ts';
import { coalescingOptions } from '../policy/coalescing/coalescing-options.ts';
import { faultsOptions } from '../policy/faults/fault-options.ts';
import { hedgingOptions } from '../policy/hedging/hedging-options.ts';
import { adaptiveConcurrencyOptions } from '../policy/limits/adaptive-concurrency-options.ts';
import { bulkheadOptions } from '../policy/limits/bulkhead-options.ts';
import { rateLimitOptions } from '../policy/limits/rate-limit-options.ts';
import { retryOptions } from '../policy/options.ts';
import {
  headersOptions,
  hostOption,
  rewriteOptions,
  viaOption,
} from '../policy/rewriting/rewriting-options.ts';
import { fallbackOptions } from '../policy/stale/fallback-options.ts';
import { registerOptions } from '../registration/registration-options.ts';
import { fieldName } from '../schema/field-names.ts';
import { duration, flag, positiveSize, ratio, secret, switchable, text } from '../schema/fields.ts';
import { translateOptions } from '../translate/translate-options.ts';
import { healthCheckOptions } from '../upstream/health/health-options.ts';
import { parseAccessLogFormat } from './access-log-format.ts';
import { forwardProxyOptions } from './forward-proxy-options.ts';
import { allowedHosts, allowedOrigins } from './stranger-options.ts';
import { tracingOptions } from './tracing-options.ts';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const PROTOCOLS = ['http', 'h2c', 'grpc', 'tcp'] as const;

const EXPECTED_PROTOCOL = 'expected http, h2c, grpc or tcp';

/** What is meant by what others call protocols. */
const PROTOCOL_REMEDIES: Readonly<Record<string, string>> = {
  https: `${EXPECTED_PROTOCOL}: TLS is a setting of its own, tls: {}`,
  h2: `${EXPECTED_PROTOCOL}: over TLS http finds out by itself (tls: {}), and h2c is HTTP/2 in the clear`,
  http2: `${EXPECTED_PROTOCOL}: h2c is HTTP/2 in the clear, and over TLS http finds out by itself (tls: {})`,
};

/** What a route may have of its own. */
const callPolicyShape = {
  timeout: timeoutOptions.prefault({}).describe('How long things may take.'),
  retry: switchable(retryOptions, retryOptions.parse({ attempts: 0, on: [] }))
    .prefault({})
    .describe('When a request is sent again, and how often.'),
  hedging: switchable(hedgingOptions, undefined)
    .optional()
    .describe('A second attempt beside a slow one. Off unless set; {} for its defaults.'),
  fallback: switchable(fallbackOptions, undefined)
    .optional()
    .describe(
      'The response when the service fails: its last good one, that of another service, or a static one. Off unless set.',
    ),
  coalescing: switchable(coalescingOptions, undefined)
    .optional()
    .describe(
      'Requests that ask the same at the same time are sent once, and all get the response. Off unless set; {} for its defaults.',
    ),
  faults: switchable(faultsOptions, [])
    .prefault([])
    .describe('Faults on purpose, to see how the application bears them. None unless set.'),
  headers: headersOptions
    .optional()
    .describe('What becomes of header fields on their way. Nothing unless set.'),
  rewrite: rewriteOptions
    .optional()
    .describe('What becomes of paths, and of redirects and cookies on their way back.'),
};

export const ROUTE_POLICY_KEYS: readonly string[] = Object.keys(callPolicyShape);

const policyShape = {
  ...callPolicyShape,
  loadBalancer: loadBalancerOptions.prefault({}).describe('How an endpoint is picked.'),
  outlierDetection: switchable(outlierDetectionOptions, outlierDetectionOptions.parse({ enabled: false }))
    .prefault({})
    .describe('When an endpoint that fails is left alone for a while.'),
  healthCheck: switchable(healthCheckOptions, undefined)
    .optional()
    .describe(
      'Checks of its endpoints by the ambassador itself, beside those of Consul. Off unless set: see docs/resilience.md.',
    ),
  circuitBreaker: switchable(circuitBreakerOptions, circuitBreakerOptions.parse({ enabled: false }))
    .prefault({})
    .describe('When calls are refused at once because every endpoint of the service is failing.'),
  bulkhead: switchable(bulkheadOptions, bulkheadOptions.parse({ maxRequests: 1_000_000 }))
    .prefault({})
    .describe('How many calls may be under way at once.'),
  adaptiveConcurrency: switchable(adaptiveConcurrencyOptions, undefined)
    .optional()
    .describe(
      'A limit of calls under way that follows the latency of the service. Off unless set; {} for its defaults.',
    ),
  rateLimit: switchable(rateLimitOptions, undefined)
    .optional()
    .describe('How many calls may come in a time. Off unless set.'),
  connections: connectionOptions.prefault({}).describe('The connections to its endpoints.'),
  http2: http2Options.prefault({}).describe('HTTP/2 with its endpoints: see docs/protocols.md.'),
  host: hostOption.optional(),
  via: viaOption,
  tls: switchable(tlsOptions, undefined)
    .optional()
    .describe('TLS towards its endpoints. Off unless set; {} for its defaults: see docs/tls.md.'),
};

export const policyOptions = z.strictObject(policyShape);

/** Methods are case-sensitive (RFC 9110 §9.1), and `get` is not one in use. */
function methodName() {
  const expected = 'expected a method in capitals, such as GET';
  return z.string({ error: expected }).regex(/^[A-Z0-9!#$%&'*+.^_`|~-]+$/, { error: expected });
}

const routeMatch = z
  .strictObject({
    methods: z
      .array(methodName(), { error: 'expected a list of methods, such as [GET]' })
      .min(1, { error: 'expected at least one method' })
      .optional()
      .describe('Only these methods.'),
    pathPrefix: z
      .string({ error: 'expected a path such as /charges' })
      .startsWith('/', { error: 'expected a path that begins with /' })
      .optional()
      .describe(
        'Only paths that begin with these segments, without what named the service and before rewrite.path.',
      ),
    header: z
      .strictObject({
        name: fieldName().describe('Its name.'),
        value: z.string({ error: 'expected text' }).optional().describe('Only with this value.'),
      })
      .optional()
      .describe('Only requests with this header.'),
  })
  .refine((match) => Object.keys(match).length > 0, {
    error: 'expected at least one of methods, pathPrefix and header',
  })
  .transform(({ methods, pathPrefix, header }) => ({
    methods,
    pathPrefix,
    header: header && { name: header.name, value: header.value },
  }));

const routeOptions = z.strictObject({
  match: routeMatch.describe('Which requests take this route; everything given must hold.'),
  ...callPolicyShape,
  rateLimit: switchable(rateLimitOptions, undefined)
    .optional()
    .describe('How many calls may come this way in a time, beside the limit of the service. Off unless set.'),
});

export const serviceOptions = z.strictObject({
  discover: discoverOptions
    .optional()
    .describe('Where its endpoints come from (default: Consul, by its name).'),
  listen: listenAddresses()
    .optional()
    .describe(
      'An address of its own, or several: every request there is for this service, its path untouched. A unix socket may say who opens it: unix:/run/payments.sock,mode=0660,owner=app,group=app.',
    ),
  protocol: z
    .enum(PROTOCOLS, { error: ({ input }) => PROTOCOL_REMEDIES[String(input)] ?? EXPECTED_PROTOCOL })
    .default('http')
    .describe(
      'What is spoken with it: http (default), which is HTTP/1.1, or over TLS what the endpoint chooses; h2c or grpc, which are HTTP/2; or tcp: connections to its own listen address are carried to an endpoint byte for byte.',
    ),
  routes: z
    .array(routeOptions, { error: 'expected a list of routes' })
    .default([])
    .describe(
      'Requests with a policy of their own: the first route that matches counts. A route changes what it names and keeps the rest of the service.',
    ),
  ...policyShape,
  subsets: subsetsOptions
    .optional()
    .describe('Parts of its instances, by name, for split and failover here and in other services.'),
  split: splitOptions
    .optional()
    .describe(
      'Where its requests go, by weight: to this service, a subset of it, another service, or another datacenter (default: to this service, or where splitter and router in Consul say).',
    ),
  failover: failoverOptions
    .optional()
    .describe(
      'Where its requests go while it has no endpoint to use (default: where the resolver in Consul says).',
    ),
  translate: translateOptions
    .optional()
    .describe('Clients and endpoints speak different protocols. Off unless set: see docs/translation.md.'),
  shadow: shadowOptions
    .optional()
    .describe(
      'A service that gets copies of the requests. Its responses are dropped, and nothing waits for it. Off unless set.',
    ),
});

/** As requests may name it: what Consul takes for a name. */
export const serviceName = z.string().regex(/^\P{Cc}{1,255}$/u, {
  error: 'expected a name of at most 255 characters, without control characters',
});

const adminOptions = z.strictObject({
  listen: listenAddress()
    .prefault('127.0.0.1:15001')
    .describe('Where the admin API listens (default 127.0.0.1:15001).'),
  token: secret('expected a token')
    .optional()
    .describe('What a call that changes something must show, unless it comes over a unix socket.'),
  tokenFile: text('expected the path of a file').optional().describe('A file that holds the token instead.'),
  allowedHosts: z
    .array(text('expected a host name'), { error: 'expected a list of host names' })
    .default([])
    .describe(
      'Host names under which the admin API may be called beside its own address, such as the name of a container. Others are refused, so that no web page can reach it by a name of its own.',
    ),
});

const accessLogOptions = z.strictObject({
  enabled: flag().default(true).describe('Whether requests are logged at all (default true).'),
  sample: ratio()
    .optional()
    .describe(
      'The share of uneventful requests that are logged (default 0.01; 1 where the log goes to a terminal). Failed, retried and slow ones always are, and so are those that the ambassador answered itself.',
    ),
  slowThreshold: duration()
    .prefault('1s')
    .describe('From how long on a request counts as slow (default 1s); 0s for none.'),
  format: z
    .string({ error: 'expected text with operators such as %RESPONSE_CODE%' })
    .min(1, { error: 'expected text with operators such as %RESPONSE_CODE%' })
    .transform((written, context) => {
      const parsed = parseAccessLogFormat(written);
      if (parsed.kind === 'format') return parsed.parts;
      context.addIssue({ code: 'custom', message: parsed.message });
      return z.NEVER;
    })
    .optional()
    .describe(
      "What a line looks like, with Envoy's operators: docs/observability.md lists them (default: a line of JSON).",
    ),
  file: text('expected the path of a file')
    .optional()
    .describe(
      'A file that lines are added to, opened anew when it was moved away (default: standard output).',
    ),
});

const drainOptions = z.strictObject({
  timeout: duration()
    .prefault('10s')
    .describe(
      'How long clients are served at most once the ambassador is asked to stop (default 10s); what is open then is cut.',
    ),
});

const limitOptions = z.strictObject({
  requestHeaders: positiveSize()
    .prefault('64KiB')
    .describe('The most bytes of header fields of a request (default 64KiB); beyond it is answered 431.'),
  responseHeaders: positiveSize()
    .prefault('64KiB')
    .describe('The most bytes of header fields of a response (default 64KiB); beyond it the attempt fails.'),
  storedResponses: positiveSize()
    .prefault('64MiB')
    .describe(
      'The memory for the last good responses of all services that have fallback.stale (default 64MiB). When it is full, the least recently used go.',
    ),
  replayBuffers: positiveSize()
    .prefault('32MiB')
    .describe(
      'The memory for contents kept to send requests again, over all requests (default 32MiB). When it is full, requests are not retried.',
    ),
});

const configurationOptions = z.strictObject({
  kv: z
    .strictObject({
      key: text('expected a key such as ambassador/config')
        .regex(/^[^/].*$/s, { error: 'expected a key without a slash at its beginning' })
        .describe(
          'A key of Consul KV whose value is more of the configuration, in YAML or JSON as this file is. It is followed, and what the file says goes before.',
        ),
    })
    .optional()
    .describe('A part of the configuration in Consul. None unless set.'),
});

export const configSchema = z
  .strictObject({
    $schema: text()
      .optional()
      .describe('For editors: where the JSON Schema of this file is. It has no effect.'),
    consul: consulOptions.prefault({}).describe('The Consul agent that is asked.'),
    listen: listenAddresses()
      .prefault(['127.0.0.1:15000', '[::1]:15000'])
      .describe('Where applications call, one address or several.'),
    admin: adminOptions.prefault({}).describe('The admin API.'),
    discovery: discoveryOptions.prefault({}).describe('How services and their endpoints are found.'),
    defaults: policyOptions
      .prefault({})
      .describe('The policy of every service. A service changes what it names of it and keeps the rest.'),
    services: z
      .record(serviceName, serviceOptions, {
        error: 'expected a map: each service is a key, such as payments: {}',
      })
      .prefault({})
      .describe('Services with a policy of their own, by the name that callers use.'),
    register: registerOptions
      .optional()
      .describe(
        'The application beside this ambassador, which is registered in Consul once its port answers. Nothing is registered unless set: see docs/registration.md.',
      ),
    configuration: configurationOptions
      .prefault({})
      .describe('Where more of the configuration comes from: see docs/consul.md.'),
    listenTls: listenTlsOptions
      .optional()
      .describe(
        'TLS for clients, off unless set. Addresses that are not loopback then speak nothing else; those that are speak both. See docs/tls.md.',
      ),
    allowedOrigins,
    allowedHosts,
    allowedServices: z
      .array(z.union([z.literal('*'), serviceName]), {
        error: 'expected a list of services, such as [payments]',
      })
      .default(['*'])
      .describe(
        'The only services that may be called, with any tag and in any datacenter; calls of others are refused with 403. "*" stands for every one (default).',
      ),
    forwardProxy: forwardProxyOptions
      .prefault({})
      .describe('What is carried for an application that has the ambassador as its HTTP_PROXY.'),
    accessLog: accessLogOptions.prefault({}).describe('The log of requests.'),
    tracing: tracingOptions
      .prefault({})
      .describe('Distributed tracing. Off unless tracing.otlp says where spans go.'),
    drain: drainOptions.prefault({}).describe('How it stops.'),
    limits: limitOptions.prefault({}).describe('Bounds of the whole process.'),
    logLevel: z
      .enum(LOG_LEVELS, { error: `expected one of ${LOG_LEVELS.join(', ')}` })
      .default('info')
      .describe('What is logged (default info).'),
  })
  .meta({ title: 'consul-ambassador configuration' });

// What people get wrong, as they write it, with every word of the messages about it, for a stranger must be
// able to act on it.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${NAME} is what users write.

/** Told: `LINE:COLUMN KEY: message`, for each problem in order. */
export type Mistake = readonly [what: string, text: string, ...told: readonly string[]];

export const MISTAKES: readonly Mistake[] = [
  [
    'a percentage with its sign',
    'defaults: { outlierDetection: { maxEjectionPercent: 10% } }',
    '1:53 defaults.outlierDetection.maxEjectionPercent: expected a whole number from 0 to 100, found "10%"; did you mean 10?',
  ],
  [
    'a duration without a unit',
    'defaults: { timeout: { request: 5 } }',
    '1:33 defaults.timeout.request: expected a duration with its unit, such as 250ms, 5s or 1m, found 5',
  ],
  [
    'a duration in another spelling',
    'defaults: { timeout: { request: 5sec } }',
    '1:33 defaults.timeout.request: expected a duration with its unit, such as 250ms, 5s or 1m, found "5sec"; did you mean 5s?',
  ],
  [
    'a size in another spelling',
    'limits: { requestHeaders: 64kb }',
    '1:27 limits.requestHeaders: expected a size with its unit, such as 64KiB or 32MiB, found "64kb"; did you mean 64KiB?',
  ],
  [
    'a size with a letter for its unit',
    'limits: { requestHeaders: 64K }',
    '1:27 limits.requestHeaders: expected a size with its unit, such as 64KiB or 32MiB, found "64K"; did you mean 64KiB?',
  ],
  [
    'a duration in words',
    'discovery: { idleTimeout: 10 minutes }',
    '1:27 discovery.idleTimeout: expected a duration with its unit, such as 250ms, 5s or 1m, found "10 minutes"; did you mean 10m?',
  ],
  [
    'an attempt that may take longer than its request',
    'services: { payments: { timeout: { request: 1s, perTry: 10s } } }',
    '1:57 services.payments.timeout.perTry: expected at most timeout.request, which ends the request before',
  ],
  [
    'two sources of endpoints',
    'services: { payments: { discover: { consul: {}, endpoints: [10.0.0.1:80] } } }',
    '1:35 services.payments.discover: expected only one of consul, endpoints, dns, found consul and endpoints',
  ],
  [
    'an endpoint without a port',
    'services: { payments: { discover: { endpoints: [10.0.0.7] } } }',
    '1:49 services.payments.discover.endpoints[0]: expected a port as well, such as 10.0.0.7:8080, found "10.0.0.7"',
  ],
  [
    'one endpoint without a list',
    'services: { payments: { discover: { endpoints: 10.0.0.7:80 } } }',
    '1:48 services.payments.discover.endpoints: expected host:port, such as 10.0.0.7:8080, [fd00::7]:8080 or payments.internal:8080, or unix:/path, in a list, found text; put it in [ ]',
  ],
  [
    'a URL for an endpoint',
    'services: { payments: { discover: { endpoints: ["http://10.0.0.7:80"] } } }',
    '1:49 services.payments.discover.endpoints[0]: expected host:port alone, without http:// and without a path, found "http://10.0.0.7:80"',
  ],
  [
    'an endpoint on port 0',
    'services: { payments: { discover: { endpoints: ["10.0.0.7:0"] } } }',
    '1:49 services.payments.discover.endpoints[0]: expected a port from 1 to 65535, found "10.0.0.7:0"',
  ],
  [
    'the name of a service for a source',
    'services: { payments: { discover: payments-v2 } }',
    '1:35 services.payments.discover: expected a map with keys such as consul, endpoints, dns, found text',
  ],
  [
    'no endpoints in a list',
    'services: { payments: { discover: { endpoints: [] } } }',
    '1:48 services.payments.discover.endpoints: expected at least one endpoint, found an empty list',
  ],
  [
    'a route with nothing to match',
    'services: { payments: { routes: [{ timeout: { request: 1s } }] } }',
    '1:34 services.payments.routes[0].match: is missing: expected a map with keys such as methods, pathPrefix, header',
  ],
  [
    'a route that matches nothing in particular',
    'services: { payments: { routes: [{ match: {} }] } }',
    '1:43 services.payments.routes[0].match: expected at least one of methods, pathPrefix and header',
  ],
  [
    'a path that begins with no slash',
    'services: { payments: { routes: [{ match: { pathPrefix: charges } }] } }',
    '1:57 services.payments.routes[0].match.pathPrefix: expected a path that begins with /, found "charges"',
  ],
  [
    'one route without a list',
    'services: { payments: { routes: { match: { pathPrefix: /a } } } }',
    '1:33 services.payments.routes: expected a list of routes, found a map; begin it with a dash, or put it in [ ]',
  ],
  [
    'one method without a list',
    'services: { payments: { routes: [{ match: { methods: GET } }] } }',
    '1:54 services.payments.routes[0].match.methods: expected a list of methods, such as [GET], found text; put it in [ ]',
  ],
  [
    'a method in small letters',
    'services: { payments: { routes: [{ match: { methods: [get] } }] } }',
    '1:55 services.payments.routes[0].match.methods[0]: expected a method in capitals, such as GET, found "get"',
  ],
  [
    'the beginning of a key',
    'services: { payments: { routes: [{ match: { path: /charges } }] } }',
    '1:45 services.payments.routes[0].match.path: unknown key; did you mean "pathPrefix"?',
  ],
  [
    'what belongs to the service, in a route',
    'services: { payments: { routes: [{ match: { pathPrefix: /a }, bulkhead: { maxRequests: 1 } }] } }',
    '1:63 services.payments.routes[0].bulkhead: unknown key; known are coalescing, fallback, faults, headers, hedging, match, rateLimit, retry, rewrite, timeout',
  ],
  [
    'a negative number',
    'defaults: { retry: { attempts: -1 } }',
    '1:32 defaults.retry.attempts: expected a whole number from 0 to 10, found -1',
  ],
  [
    'a negative duration',
    'drain: { timeout: -5s }',
    '1:19 drain.timeout: expected a duration with its unit, such as 250ms, 5s or 1m, found "-5s"',
  ],
  [
    'an unknown policy',
    'defaults: { loadBalancer: { policy: p2c } }',
    '1:37 defaults.loadBalancer.policy: expected one of peakEwma, leastRequest, roundRobin, random, ringHash, maglev, found "p2c"',
  ],
  [
    'a policy in another spelling',
    'defaults: { loadBalancer: { policy: round_robin } }',
    '1:37 defaults.loadBalancer.policy: expected one of peakEwma, leastRequest, roundRobin, random, ringHash, maglev, found "round_robin"; did you mean roundRobin?',
  ],
  [
    'the policy in place of its map',
    'defaults: { loadBalancer: roundRobin }',
    '1:27 defaults.loadBalancer: expected a map with keys such as policy, hashOn, slowStart, panic, latencyDecay, ringHash, found text; write loadBalancer: { policy: roundRobin }',
  ],
  [
    'services in a list',
    'services:\n  - payments\n  - fraud',
    '2:3 services: expected a map: each service is a key, such as payments: {}, found a list',
  ],
  [
    'services as a list of maps',
    'services:\n  - name: payments\n    listen: 127.0.0.1:9191',
    '2:3 services: expected a map: each service is a key, such as payments: {}, found a list',
  ],
  [
    'a URL for a service',
    'services: { payments: "http://10.0.0.1:80" }',
    '1:23 services.payments: expected a map with keys such as discover, listen, protocol, routes, timeout, retry, found text',
  ],
  [
    'a service name with a line break',
    'services: { "payments\\nv2": {} }',
    '1:13 services["payments\\nv2"]: expected a name of at most 255 characters, without control characters',
  ],
  [
    'two names that are one to Consul',
    'services: { payments: {}, Payments: {} }',
    '1:27 services.Payments: expected names that differ in more than their case: Consul takes it for payments',
  ],
  [
    'a service that stands in for itself',
    'services: { payments: { fallback: { service: payments } } }',
    '1:46 services.payments.fallback.service: expected another service: this one cannot stand in for itself',
  ],
  [
    'a fallback to nothing',
    'services: { payments: { fallback: {} } }',
    '1:35 services.payments.fallback: expected stale, service or static',
  ],
  [
    'a fallback to a service that is not declared',
    'discovery: { services: declared }\nservices: { payments: { fallback: { service: frued } } }',
    '2:46 services.payments.fallback.service: frued is not under services, and discovery.services is declared',
  ],
  [
    'a fault without a list',
    'services: { payments: { faults: { abort: 503 } } }',
    '1:33 services.payments.faults: expected false or a list of faults, such as [{ delay: 200ms }], found a map; begin it with a dash, or put it in [ ]',
  ],
  [
    'text to switch a policy off',
    'defaults: { coalescing: {} }\nservices: { payments: { coalescing: off } }',
    '2:37 services.payments.coalescing: expected false or a map with keys such as keyHeaders, ignoreHeaders, buffer, patience, found text; write coalescing: false',
  ],
  [
    'the only fallback switched off',
    'defaults: { fallback: { static: {} } }\nservices: { payments: { fallback: { static: false } } }',
    '2:35 services.payments.fallback: expected stale, service or static',
  ],
  [
    'a fault that does nothing',
    'services: { payments: { faults: [{}] } }',
    '1:34 services.payments.faults[0]: expected delay, abort, rate or truncate',
  ],
  [
    'a key cut short',
    'services: { payments: { faults: [{ percent: 120, abort: 503 }] } }',
    '1:36 services.payments.faults[0].percent: unknown key; did you mean "percentage"?',
  ],
  ['a tab', 'services:\n\tpayments: {}', '2:1: not valid YAML: indent with spaces, not with tabs'],
  [
    'a quote that nothing closes',
    "logLevel: 'info\nlisten: 127.0.0.1:80",
    '1:11: not valid YAML: this quote is never closed',
  ],
  [
    'an uneven indent',
    'services:\n  payments:\n    listen: 127.0.0.1:9191\n   timeout: {}',
    '4:1: not valid YAML: indented differently from what it stands beside',
  ],
  [
    'no space after a colon',
    'logLevel:warn',
    '1:1: expected a map with keys such as consul, listen, admin, discovery, defaults, services, found text; is a space missing after a colon?',
  ],
  [
    'no colon after a key',
    'services\n  payments: {}',
    '1:1: not valid YAML: expected a colon after this key, or a comma before the next',
  ],
  [
    'no comma in JSON',
    '{\n  "logLevel": "info"\n  "listen": "127.0.0.1:80"\n}',
    '3:3: not valid YAML: expected a comma before this',
  ],
  ['a brace that nothing closes', '{\n  "logLevel": "info"', '2:21: not valid YAML: expected a closing }'],
  [
    'a merge key of YAML 1.1',
    'defaults: &all\n  retry: { attempts: 1 }\nservices:\n  payments:\n    <<: *all\n',
    '5:5 services.payments["<<"]: unknown key; maps are not merged here: what services share stands under defaults, and an alias (*name) stands for a whole value',
  ],
  [
    'a comment as in JavaScript',
    '{\n  // comment\n  "logLevel": "info"\n}',
    '2:3: expected a comment to begin with #',
  ],
  [
    'an alias of nothing',
    'defaults: *base',
    '1:11 defaults: an alias (*name) to an anchor (&name) that there is not; text that begins with * needs quotes',
  ],
  [
    'a token and the file of one',
    'consul: { token: a, tokenFile: /b }',
    '1:32 consul.tokenFile: expected either token or tokenFile, found both',
  ],
  [
    'a certificate without its key',
    'consul: { tls: { certFile: /a } }',
    '1:28 consul.tls.certFile: expected keyFile beside it',
  ],
  [
    "a list of Consul's addresses",
    'consul: { address: [a, b] }',
    '1:20 consul.address: expected an address such as http://127.0.0.1:8500, found a list',
  ],
  [
    "Consul's host alone",
    'consul: { address: consul }',
    '1:20 consul.address: expected an address such as http://127.0.0.1:8500, consul:8500 or unix:///path, found "consul"; did you mean http://consul:8500?',
  ],
  [
    "Consul's address in place of its map",
    'consul: http://localhost:8500',
    '1:9 consul: expected a map with keys such as address, token, tokenFile, datacenter, namespace, partition, found text; write consul: { address: http://localhost:8500 }',
  ],
  [
    'the address of the admin API in place of its map',
    'admin: 127.0.0.1:15001',
    '1:8 admin: expected a map with keys such as listen, token, tokenFile, allowedHosts, found text; write admin: { listen: 127.0.0.1:15001 }',
  ],
  [
    'a port alone',
    'listen: 15000',
    '1:9 listen: expected an address such as 127.0.0.1:15000, [::1]:15000 or unix:/run/ambassador.sock, or a list of them, found 15000; did you mean 127.0.0.1:15000?',
  ],
  [
    'a port above the last',
    'listen: 127.0.0.1:99999',
    '1:9 listen: expected a port from 0 to 65535, found "127.0.0.1:99999"',
  ],
  [
    'a longest wait shorter than the first',
    'defaults: { retry: { backoff: { base: 2s, max: 1s } } }',
    '1:48 defaults.retry.backoff.max: expected at least base, found "1s"',
  ],
  [
    'a percentage for a ratio',
    'defaults: { retry: { budget: { ratio: 20 } } }',
    '1:39 defaults.retry.budget.ratio: expected a number from 0 to 1, found 20',
  ],
  [
    'a status among conditions',
    'defaults: { retry: { on: [503] } }',
    '1:27 defaults.retry.on[0]: expected one of connectFailure, reset, gatewayError, 5xx, retriable4xx, rateLimited, timeout, found 503',
  ],
  [
    'true for a policy that is on already',
    'defaults: { retry: true }',
    '1:20 defaults.retry: expected false or a map with keys such as attempts, on, statuses, headers, grpc, backoff, found true; write retry: {}',
  ],
  [
    'true to switch a policy on',
    'defaults: { hedging: true }',
    '1:22 defaults.hedging: expected false or a map with keys such as percentile, minDelay, maxExtraPercent, found true; write hedging: {}',
  ],
  [
    'a number for the value of a header',
    'services: { payments: { headers: { request: { set: { x-version: 2 } } } } }',
    '1:65 services.payments.headers.request.set.x-version: expected text, found a number; put it in quotes',
  ],
  [
    'a number for a rate limit',
    'defaults: { rateLimit: 100 }',
    '1:24 defaults.rateLimit: expected false or a map with keys such as service, caller, enforce, found a number',
  ],
  [
    'a rate limit without limits',
    'defaults: { rateLimit: {} }',
    '1:24 defaults.rateLimit: expected service, caller or both',
  ],
  [
    'a slip in a section',
    'defaults: { circuitBraker: {} }',
    '1:13 defaults.circuitBraker: unknown key; did you mean "circuitBreaker"?',
  ],
  [
    'another habit of naming',
    'defaults: { outlier_detection: { consecutive_5xx: 3 } }',
    '1:13 defaults.outlier_detection: unknown key; did you mean "outlierDetection"?',
  ],
  [
    'a header that says where a message ends',
    'services: { a: { headers: { request: { set: { Content-Length: "5" } } } } }',
    '1:47 services.a.headers.request.set.Content-Length: expected another header: this one says where a message ends',
  ],
  [
    'a header that has a key of its own',
    'services: { a: { headers: { request: { remove: [via] } } } }',
    '1:49 services.a.headers.request.remove[0]: expected another header: Via is left out by the key via, found "via"',
  ],
  [
    'a service at the top',
    'payments: { listen: 127.0.0.1:9191 }',
    '1:1 payments: unknown key; known are $schema, accessLog, admin, allowedHosts, allowedOrigins, allowedServices, configuration, consul, defaults, discovery, drain, forwardProxy, limits, listen, listenTls, logLevel, register, services, tracing',
  ],
  ['a capital letter', 'Services: { payments: {} }', '1:1 Services: unknown key; did you mean "services"?'],
  [
    'a switch that a policy does not have',
    'defaults: { retry: { enabled: off } }',
    '1:22 defaults.retry.enabled: unknown key; known are attempts, backoff, budget, grpc, headers, on, replayBuffer, statuses',
  ],
  [
    'the name of a gRPC service alone, to be checked',
    'services: { a: { healthCheck: { grpc: ledger.Ledger } } }',
    '1:39 services.a.healthCheck.grpc: expected a map with keys such as service, found text; write grpc: { service: ledger.Ledger }',
  ],
  [
    'the kind of a health check alone',
    'services: { a: { healthCheck: tcp } }',
    '1:31 services.a.healthCheck: expected false or a map with keys such as http, grpc, tcp, interval, timeout, healthyThreshold, found text; write healthCheck: { tcp: {} }',
  ],
  [
    'a key where there are none',
    'services: { a: { healthCheck: { tcp: { port: 8080 } } } }',
    '1:40 services.a.healthCheck.tcp.port: unknown key; there are none here; write tcp: {}',
  ],
  [
    'declared services with none declared',
    'discovery: { services: declared }',
    '1:24 discovery.services: declared, but there is nothing under services',
  ],
  [
    'the services themselves for how they are found',
    'discovery: { services: [payments] }',
    '1:24 discovery.services: expected one of onDemand, declared, found a list',
  ],
  [
    'a hash of nothing',
    'defaults: { loadBalancer: { policy: ringHash } }',
    '1:13 defaults.loadBalancer.hashOn: expected at least one entry, such as { header: x-user-id }, for a policy that goes by a hash',
  ],
  [
    'a header for what is hashed',
    'defaults: { loadBalancer: { policy: ringHash, hashOn: x-user } }',
    '1:55 defaults.loadBalancer.hashOn: expected a list, such as [{ header: x-user-id }], found text; put it in [ ]',
  ],
  [
    'an address twice',
    'listen: [127.0.0.1:80, 127.0.0.1:80]',
    '1:24 listen[1]: 127.0.0.1:80 is taken by listen[0] (127.0.0.1:80)',
  ],
  [
    'a variable that is not set',
    'consul: { address: "http://${CONSUL_HOST}:8500" }',
    '1:28 consul.address: the environment variable CONSUL_HOST is not set; ${CONSUL_HOST:-default} would give a default',
  ],
  [
    'a default as in a shell',
    'logLevel: "${LEVEL-info}"',
    '1:12 logLevel: expected ${NAME} or ${NAME:-default}; a dollar sign of its own is written $$',
  ],
  [
    'a receiver of traces without a scheme',
    'tracing: { otlp: { endpoint: localhost:4318 } }',
    '1:30 tracing.otlp.endpoint: expected an address such as http://127.0.0.1:4318, found "localhost:4318"',
  ],
  [
    'a ratio as a percentage',
    'tracing: { sample: 10% }',
    '1:20 tracing.sample: expected a number from 0 to 1, found "10%"; did you mean 0.1?',
  ],
  [
    'a bulkhead that lets nobody in',
    'defaults: { bulkhead: { maxRequests: 0 } }',
    '1:38 defaults.bulkhead.maxRequests: expected a whole number from 1 to 1000000, found 0',
  ],
  [
    'no connections at all',
    'defaults: { connections: { maxPerEndpoint: 0 } }',
    '1:44 defaults.connections.maxPerEndpoint: expected a whole number from 1 to 65535, found 0',
  ],
  [
    'a slip in the key of a secret',
    'admin: { tokn: s3cr3t }',
    '1:10 admin.tokn: unknown key; did you mean "token"?',
  ],
  [
    'a number for a name',
    'services: { a: { discover: { consul: { datacenter: 1 } } } }',
    '1:52 services.a.discover.consul.datacenter: expected the name of a datacenter, found 1',
  ],
  [
    'one tag without a list',
    'services: { a: { discover: { consul: { tags: v2 } } } }',
    '1:46 services.a.discover.consul.tags: expected a list of tags, found text; put it in [ ]',
  ],
  [
    'DNS without a name',
    'services: { a: { discover: { dns: {} } } }',
    '1:30 services.a.discover.dns.name: is missing: expected a name in DNS, such as payments.internal',
  ],
  [
    'a longest ejection shorter than the first',
    'defaults: { outlierDetection: { baseEjectionTime: 60s, maxEjectionTime: 10s } }',
    '1:73 defaults.outlierDetection.maxEjectionTime: expected at least baseEjectionTime, found "10s"',
  ],
  [
    'two unknown keys',
    'defaults: { adaptiveConcurrency: { minLimit: 10, maxLimit: 5 } }',
    '1:36 defaults.adaptiveConcurrency.minLimit: unknown key; known are enforce, maxConcurrency, measureEvery, measureRequests, minConcurrency, sampleWindow, tolerance',
    '1:50 defaults.adaptiveConcurrency.maxLimit: unknown key; known are enforce, maxConcurrency, measureEvery, measureRequests, minConcurrency, sampleWindow, tolerance',
  ],
  [
    'a duration for slow start',
    'defaults: { loadBalancer: { slowStart: 30s } }',
    '1:40 defaults.loadBalancer.slowStart: expected a map with keys such as window, aggression, minimumWeightPercent, found text; write slowStart: { window: 30s }',
  ],
  [
    'a key that is not there yet',
    'services: { a: { wasm: { filter: b } } }',
    '1:18 services.a.wasm: unknown key; known are adaptiveConcurrency, bulkhead, circuitBreaker, coalescing, connections, discover, failover, fallback, faults, headers, healthCheck, hedging, host, http2, listen, loadBalancer, outlierDetection, protocol, rateLimit, retry, rewrite, routes, shadow, split, subsets, timeout, tls, translate, via',
  ],
  [
    'a client certificate without its key',
    'services: { a: { tls: { certFile: a.pem } } }',
    '1:35 services.a.tls.certFile: expected keyFile beside it',
  ],
  [
    'a version of TLS that nobody should speak',
    'defaults: { tls: { minVersion: TLSv1.1 } }',
    '1:32 defaults.tls.minVersion: expected TLSv1.2 or TLSv1.3, found "TLSv1.1"; did you mean TLSv1.2?',
  ],
  [
    'a split to a subset that is none',
    'services: { a: { subsets: { v2: { tags: [v2] } }, split: [{ weight: 1, subset: v3 }] } }',
    '1:80 services.a.split[0].subset: expected one of the subsets of a: v2',
  ],
  [
    'a shadow of itself',
    'services: { a: { shadow: { to: a } } }',
    '1:32 services.a.shadow.to: expected another service: copies would come back to this one',
  ],
  [
    'subsets of fixed endpoints',
    'services: { a: { discover: { endpoints: ["127.0.0.1:80"] }, subsets: { v2: { tags: [v2] } } } }',
    '1:70 services.a.subsets: expected endpoints from Consul: others have no tags and no checks',
  ],
  [
    'a failover to nowhere',
    'services: { a: { failover: { to: [{}] } } }',
    '1:35 services.a.failover.to[0]: expected at least one of service, subset, datacenter, peer and query',
  ],
  [
    'a service of TCP without an address of its own',
    'services: { a: { protocol: tcp } }',
    '1:28 services.a.protocol: expected listen beside it, such as listen: 127.0.0.1:5432: a connection that is not read cannot say which service it is for',
  ],
  [
    'policies of requests where there are none',
    'services: { a: { protocol: tcp, listen: "127.0.0.1:5432", hedging: {}, timeout: { request: 5s } } }',
    '1:68 services.a.hedging: has no effect with protocol: tcp, where there are no requests',
    '1:92 services.a.timeout.request: has no effect with protocol: tcp, where there are no requests',
  ],
  [
    'a stand-in that does not speak HTTP',
    'services: { a: { fallback: { service: db } }, db: { protocol: tcp, listen: "127.0.0.1:5432" } }',
    '1:39 services.a.fallback.service: expected a service that is called over HTTP: db has protocol: tcp',
  ],
  [
    'a hash of requests where there are none',
    'services: { db: { protocol: tcp, listen: "127.0.0.1:5432", loadBalancer: { policy: maglev, hashOn: [{ header: x-user }] } } }',
    '1:100 services.db.loadBalancer.hashOn: expected only { sourceAddress: true } with protocol: tcp, where there are no requests',
  ],
  [
    'adaptive minimum above maximum',
    'defaults: { adaptiveConcurrency: { minConcurrency: 10, maxConcurrency: 5 } }',
    '1:72 defaults.adaptiveConcurrency.maxConcurrency: expected at least minConcurrency, found 5',
  ],
  [
    'second document',
    'logLevel: info\n---\nlogLevel: warn',
    '2:1: expected one document in the file, found a second',
  ],
  [
    'tag of another tool',
    'logLevel: !env LEVEL',
    '1:11: expected a plain value, found a YAML tag that has no meaning here',
  ],
  [
    'key twice',
    'drain: { timeout: 1s }\nlogLevel: info\ndrain: { timeout: 2s }',
    '3:1 drain: given twice: it stands on line 1 already',
  ],
  [
    'service twice',
    'services:\n  payments: {}\n  payments: { listen: 127.0.0.1:9191 }',
    '3:3 services.payments: given twice: it stands on line 2 already',
  ],
  [
    'value with a colon',
    'logLevel: info: loud',
    '1:11: not valid YAML: a key stands where the value of another key is; text with a colon needs quotes',
  ],
  [
    'at sign',
    'admin: { token: @home }',
    '1:17: not valid YAML: text that begins with this character needs quotes',
  ],
  [
    'variable in flow map without quotes',
    'consul: { address: ${COUNT} }',
    '1:21: not valid YAML: something stands here that cannot stand here; within { } and [ ], put quotes around ${NAME}',
  ],
  [
    'word where a number belongs, out of a variable',
    'defaults: { retry: { attempts: "${WORD}" } }',
    '1:32 defaults.retry.attempts: expected a whole number from 0 to 10, found the value of ${WORD}',
  ],
  [
    'list for the file',
    '- payments\n- fraud',
    '1:1: expected a map with keys such as consul, listen, admin, discovery, defaults, services, found a list',
  ],
  [
    'text for the file',
    'hello',
    '1:1: expected a map with keys such as consul, listen, admin, discovery, defaults, services, found text',
  ],
  [
    'service on the main address',
    'services: { payments: { listen: 127.0.0.1:15000 } }',
    '1:33 services.payments.listen: 127.0.0.1:15000 is taken by listen[0] (127.0.0.1:15000)',
  ],
  [
    'admin on the main address',
    'admin: { listen: 127.0.0.1:15000 }',
    '1:18 admin.listen: 127.0.0.1:15000 is taken by listen[0] (127.0.0.1:15000)',
  ],
  [
    'ipv6 without brackets',
    'listen: "::1:15000"',
    '1:9 listen: expected an IPv6 address in brackets and a port, such as [::1]:15000, found "::1:15000"',
  ],
  [
    'relative socket',
    'listen: unix:run/ambassador.sock',
    '1:9 listen: expected an absolute path, such as unix:/run/ambassador.sock, found "unix:run/ambassador.sock"',
  ],
  [
    'yes for true',
    'accessLog: { enabled: yes }',
    '1:23 accessLog.enabled: expected true or false, found "yes"; did you mean true?',
  ],
  [
    'quoted number',
    'defaults: { retry: { attempts: "2" } }',
    '1:32 defaults.retry.attempts: expected a whole number from 0 to 10, found "2"; did you mean 2?',
  ],
  [
    'sample over 1',
    'accessLog: { sample: 100 }',
    '1:22 accessLog.sample: expected a number from 0 to 1, found 100',
  ],
  [
    'day',
    'discovery: { idleTimeout: 1d }',
    '1:27 discovery.idleTimeout: expected a duration with its unit, such as 250ms, 5s or 1m, found "1d"; did you mean 24h?',
  ],
  [
    'megabytes',
    'limits: { replayBuffers: 32MB }',
    '1:26 limits.replayBuffers: expected a size with its unit, such as 64KiB or 32MiB, found "32MB"; did you mean 32MiB?',
  ],
  [
    'log level in capitals',
    'logLevel: WARNING',
    '1:11 logLevel: expected one of debug, info, warn, error, found "WARNING"; did you mean warn?',
  ],
  [
    'per-try limit in a route',
    'services:\n  payments:\n    routes:\n      - match: { pathPrefix: /reports }\n        timeout: { request: 1s, perTry: 60s }',
    '5:41 services.payments.routes[0].timeout.perTry: expected at most timeout.request, which ends the request before',
  ],
  [
    'two mistakes at once',
    'logLevel: loud\nservices: { payments: { lisen: 127.0.0.1:9191 } }',
    '1:11 logLevel: expected one of debug, info, warn, error, found "loud"',
    '2:25 services.payments.lisen: unknown key; did you mean "listen"?',
  ],
  [
    'retries as other tools call them',
    'defaults: { retries: 2 }',
    '1:13 defaults.retries: unknown key; write retry: { attempts: 2 }',
  ],
  [
    'retries for the whole file',
    'retries: 2',
    '1:1 retries: unknown key; write retry: { attempts: 2 } under defaults, or under a service',
  ],
  [
    'the number of retries in place of its map',
    'services: { payments: { retry: 2 } }',
    '1:32 services.payments.retry: expected false or a map with keys such as attempts, on, statuses, headers, grpc, backoff, found a number; write retry: { attempts: 2 }',
  ],
  [
    'one time limit for all',
    'services: { payments: { timeout: 5s } }',
    '1:34 services.payments.timeout: expected a map with keys such as request, perTry, connect, idle, idleStream, found text; write timeout: { request: 5s }',
  ],
  [
    'a time limit at the top',
    'timeout: { request: 5s }',
    '1:1 timeout: unknown key; timeout stands under defaults, or under a service',
  ],
  [
    'endpoints directly under a service',
    'services: { payments: { endpoints: ["10.0.0.7:8080"] } }',
    '1:25 services.payments.endpoints: unknown key; did you mean discover.endpoints?',
  ],
  [
    'a URL under a service',
    'services: { payments: { url: "http://10.0.0.7:8080" } }',
    '1:25 services.payments.url: unknown key; did you mean discover.endpoints?',
  ],
  [
    'the balancer in other words',
    'defaults: { lb: roundRobin }',
    '1:13 defaults.lb: unknown key; write loadBalancer: { policy: roundRobin }',
  ],
  [
    'upstreams for services',
    'upstreams: { payments: {} }',
    '1:1 upstreams: unknown key; did you mean services?',
  ],
  [
    'a section of the file under a service',
    'services: { payments: { logLevel: debug } }',
    '1:25 services.payments.logLevel: unknown key; logLevel stands at the top of the file',
  ],
  [
    'a policy switched on by nothing',
    'defaults:\n  hedging:\n',
    '2:11 defaults.hedging: expected false or a map with keys such as percentile, minDelay, maxExtraPercent, found nothing; write hedging: {}, or leave it out',
  ],
  [
    'a ring of services that stand in',
    'services: { a: { fallback: { service: b } }, b: { fallback: { service: a } } }',
    '1:39 services.a.fallback.service: expected a service that does not stand in for itself: a → b → a',
  ],
  [
    'TLS as a protocol',
    'services: { a: { protocol: https } }',
    '1:28 services.a.protocol: expected http, h2c, grpc or tcp: TLS is a setting of its own, tls: {}, found "https"',
  ],
  [
    'false for a section that is no switch',
    'accessLog: false',
    '1:12 accessLog: expected a map with keys such as enabled, sample, slowThreshold, format, file, found false; write accessLog: { enabled: false }',
  ],
  [
    'a comment after a value, as in JavaScript',
    '{\n  "logLevel": "info" // loud\n}',
    '2:22: expected a comment to begin with #',
  ],
  [
    'the certificate authority under another name',
    'services: { a: { tls: { ca: /etc/ca.pem } } }',
    '1:25 services.a.tls.ca: unknown key; did you mean caFile?',
  ],
  [
    'the word of Go for a certificate that nobody looks at',
    'services: { a: { tls: { insecureSkipVerify: true } } }',
    '1:25 services.a.tls.insecureSkipVerify: unknown key; did you mean verify: false?',
  ],
  [
    'a version of TLS as a number',
    'services: { a: { tls: { minVersion: 1.2 } } }',
    '1:37 services.a.tls.minVersion: expected TLSv1.2 or TLSv1.3, found 1.2; did you mean TLSv1.2?',
  ],
  [
    'a listener over TLS without its key',
    'listenTls: { certFile: /a.pem }',
    '1:1 listenTls.keyFile: is missing: expected the path of a file',
  ],
  [
    'files of a listener under other names',
    'listenTls: { cert: /a.pem, key: /a.key }',
    '1:1 listenTls.certFile: is missing: expected the path of a file',
    '1:1 listenTls.keyFile: is missing: expected the path of a file',
    '1:14 listenTls.cert: unknown key; did you mean certFile?',
    '1:28 listenTls.key: unknown key; did you mean keyFile?',
  ],
  [
    'a protocol that has no such name',
    'services: { a: { protocol: http2 } }',
    '1:28 services.a.protocol: expected http, h2c, grpc or tcp: h2c is HTTP/2 in the clear, and over TLS http finds out by itself (tls: {}), found "http2"',
  ],
  [
    'a weight with a percent sign',
    'services: { a: { split: [{ weight: 90% , subset: v1 }] } }',
    '1:36 services.a.split[0].weight: expected a number, at least 0, such as 90, found "90%"; did you mean 90?',
  ],
  [
    'a split into nothing',
    'services: { a: { split: [] } }',
    '1:25 services.a.split: expected at least one entry, found an empty list',
  ],
  [
    'a target of a split under another name',
    'services: { a: { split: [{ weight: 100, to: b }] } }',
    '1:41 services.a.split[0].to: unknown key; did you mean service?',
  ],
  [
    'subsets in a list',
    'services: { a: { subsets: [v1, v2] } }',
    '1:27 services.a.subsets: expected a map of subsets, such as v2: { tags: [v2] }, found a list',
  ],
  [
    'a tag for a subset',
    'services: { a: { subsets: { v1: v1 } } }',
    '1:33 services.a.subsets.v1: expected a map with keys such as tags, filter, onlyPassing, found text; write v1: { tags: [v1] }',
  ],
  [
    'a service for a failover',
    'services: { a: { failover: b } }',
    '1:28 services.a.failover: expected a map with keys such as to, nearest, overprovisioning, found text; write failover: { to: [{ service: b }] }',
  ],
  [
    "the resolver's key for datacenters",
    'services: { a: { failover: { datacenters: [dc2] } } }',
    '1:30 services.a.failover.datacenters: unknown key; did you mean to: [{ datacenter: … }]?',
  ],
  [
    'a failover to two places at once',
    'services: { a: { failover: { to: [{ datacenter: dc2, peer: east }] } } }',
    '1:35 services.a.failover.to[0]: expected a datacenter or a peer, not both',
  ],
  [
    'a failover to a peer of what is not in Consul',
    'services: { a: { failover: { to: [{ service: b, peer: east }] } }, b: { discover: { endpoints: ["x:1"] } } }',
    "1:55 services.a.failover.to[0].peer: expected none: the endpoints of b are not Consul's",
  ],
  [
    'the nearest of endpoints without nodes',
    'services: { a: { discover: { endpoints: ["x:1"] }, failover: { nearest: [zone] } } }',
    '1:73 services.a.failover.nearest: expected endpoints from Consul: others have no nodes with metadata',
  ],
  [
    'nearness by another name',
    'services: { a: { failover: { locality: [zone] } } }',
    '1:30 services.a.failover.locality: unknown key; did you mean nearest: [zone, region]?',
  ],
  [
    'a failover to itself',
    'services: { a: { failover: { to: [{ service: a }] } } }',
    '1:35 services.a.failover.to[0]: expected another service, a subset, a datacenter or a peer: requests go to a in any case',
  ],
  [
    'a service for a shadow',
    'services: { a: { shadow: b } }',
    '1:26 services.a.shadow: expected a map with keys such as to, share, found text; write shadow: { to: b }',
  ],
  [
    'a share in percent',
    'services: { a: { shadow: { to: b, percentage: 120 } } }',
    '1:35 services.a.shadow.percentage: unknown key; did you mean share, from 0 to 1?',
  ],
  [
    'a name for a registration',
    'register: web',
    '1:11 register: expected a map with keys such as name, port, address, tags, meta, taggedAddresses, found text; write register: { name: web, port: 8080 }',
  ],
  [
    'two kinds of check in one',
    'register: { name: web, port: 8080, checks: [{ http: /health, tcp: true }] }',
    '1:45 register.checks[0]: expected only one of http, grpc, tcp, ttl, found http and tcp',
  ],
  [
    'an interval of a check without a unit',
    'register: { name: web, port: 8080, checks: [{ http: /health, interval: 10 }] }',
    '1:72 register.checks[0].interval: expected a duration with its unit, such as 250ms, 5s or 1m, found 10',
  ],
  [
    'a path for a health check',
    'services: { a: { healthCheck: /health } }',
    '1:31 services.a.healthCheck: expected false or a map with keys such as http, grpc, tcp, interval, timeout, healthyThreshold, found text; write healthCheck: { http: { path: /health } }',
  ],
  [
    'true for a health check',
    'services: { a: { healthCheck: true } }',
    '1:31 services.a.healthCheck: expected false or a map with keys such as http, grpc, tcp, interval, timeout, healthyThreshold, found true; write healthCheck: { http: { path: /health } }',
  ],
  [
    'two kinds of health check',
    'services: { a: { healthCheck: { http: {}, tcp: {} } } }',
    '1:31 services.a.healthCheck: expected only one of http, grpc and tcp, found http and tcp',
  ],
  [
    'a header field beside the rules',
    'services: { a: { headers: { x-env: prod } } }',
    '1:29 services.a.headers.x-env: unknown key; header fields stand under set or add, such as request: { set: { x-team: shop } }',
  ],
  [
    'Host among header fields',
    'services: { a: { headers: { request: { set: { host: b } } } } }',
    '1:47 services.a.headers.request.set.host: expected another header: what the endpoint sees as Host is said by the key host',
  ],
  [
    'a word of YAML 1.1 for true',
    'services: { a: { rewrite: { location: yes } } }',
    '1:39 services.a.rewrite.location: expected true or false, found "yes"; did you mean true?',
  ],
  [
    'a service of TCP on the port of all',
    'services: { db: { protocol: tcp, listen: "127.0.0.1:15000" } }',
    '1:42 services.db.listen: 127.0.0.1:15000 is taken by listen[0] (127.0.0.1:15000)',
  ],
  [
    'a health check over HTTP of a service of TCP',
    'services: { db: { protocol: tcp, listen: "127.0.0.1:5432", healthCheck: { http: {} } } }',
    '1:81 services.db.healthCheck.http: has no effect with protocol: tcp, where there are no requests',
  ],
  [
    'a unix socket without what says so',
    'services: { a: { discover: { endpoints: ["/run/a.sock"] } } }',
    '1:42 services.a.discover.endpoints[0]: expected host:port, such as 10.0.0.7:8080, [fd00::7]:8080 or payments.internal:8080, or unix:/path, found "/run/a.sock"; did you mean unix:/run/a.sock?',
  ],
  [
    'a unix socket at a relative path',
    'services: { a: { discover: { endpoints: ["unix:run/a.sock"] } } }',
    '1:42 services.a.discover.endpoints[0]: expected an absolute path of at most 103 bytes after unix:, such as unix:/run/payments.sock, found "unix:run/a.sock"',
  ],
  [
    'a unix socket to listen on without what says so',
    'listen: /run/ambassador.sock',
    '1:9 listen: expected an address such as 127.0.0.1:15000, [::1]:15000 or unix:/run/ambassador.sock, found "/run/ambassador.sock"; did you mean unix:/run/ambassador.sock?',
  ],
  [
    'a server name with a port',
    'services: { a: { tls: { serverName: "a.internal:8443" } } }',
    '1:37 services.a.tls.serverName: expected a host name such as payments.internal, or an IP address, without scheme, port or wildcard; names that are not ASCII as xn--, found "a.internal:8443"',
  ],
  [
    'a server name as people write it',
    'services: { a: { tls: { serverName: bücher.example } } }',
    '1:37 services.a.tls.serverName: expected a host name such as payments.internal, or an IP address, without scheme, port or wildcard; names that are not ASCII as xn--, found "bücher.example"',
  ],
  [
    'a subjectAltName as openssl writes it',
    'services: { a: { tls: { subjectAltNames: [spiffe://a/b, DNS:a.internal] } } }',
    '1:57 services.a.tls.subjectAltNames[1]: expected a list of names, such as [payments.internal] or [spiffe://example.org/payments], without wildcards, found "DNS:a.internal"',
  ],
  [
    'a subjectAltName with a wildcard',
    'services: { a: { tls: { subjectAltNames: ["*.internal"] } } }',
    '1:43 services.a.tls.subjectAltNames[0]: expected a list of names, such as [payments.internal] or [spiffe://example.org/payments], without wildcards, found "*.internal"',
  ],
  [
    'a header that is set twice',
    'services: { a: { headers: { request: { set: { x-a: b, X-A: c } } } } }',
    '1:60 services.a.headers.request.set.X-A: expected x-a once: names of headers are the same in any case, found text',
  ],
  [
    'a host with a port that there is not',
    'services: { a: { host: "shop.example.com:99999" } }',
    '1:24 services.a.host: expected a port of at most 65535, found "shop.example.com:99999"',
  ],
  [
    'a duration of two units',
    'defaults: { timeout: { request: 1h30m } }',
    '1:33 defaults.timeout.request: expected a duration with its unit, such as 250ms, 5s or 1m, found "1h30m"; did you mean 90m?',
  ],
  [
    'more than all as a percentage',
    'accessLog: { sample: 150% }',
    '1:22 accessLog.sample: expected a number from 0 to 1, found "150%"',
  ],
  [
    'a URL to listen on',
    'listen: http://127.0.0.1:15000',
    '1:9 listen: expected host:port alone, without http:// and without a path, found "http://127.0.0.1:15000"',
  ],
  [
    'user and password in the address of Consul',
    'consul: { address: "http://app:hunter2@consul:8500" }',
    '1:20 consul.address: expected an address without user and password: what Consul is shown is consul.token, or consul.tokenFile, found text',
  ],
  [
    'the path of the API in the address of Consul',
    'consul: { address: "http://consul:8500/v1" }',
    '1:20 consul.address: expected the agent\'s address alone, without /v1 or /ui, found "http://consul:8500/v1"',
  ],
  [
    'a wait that is no duration, beside a longest one',
    'defaults: { retry: { backoff: { base: fast } } }',
    '1:39 defaults.retry.backoff.base: expected a duration with its unit, such as 250ms, 5s or 1m, found "fast"',
  ],
];

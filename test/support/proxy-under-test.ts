// The request path as it runs in production, on real sockets, with endpoints that the test hands in instead of a
// registry.

import type { TestContext } from 'node:test';
import { loadBalancerOptions } from '../../src/balancer/options.ts';
import type { CircuitTransition } from '../../src/core/circuit-transition.ts';
import type { ConnectionFacts } from '../../src/core/connection-facts.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { Random } from '../../src/core/random.ts';
import { systemRandom } from '../../src/core/random.ts';
import type { RequestFacts } from '../../src/core/request-facts.ts';
import type { RequestTracer } from '../../src/core/request-trace.ts';
import { systemClock } from '../../src/core/system-clock.ts';
import type { ServiceRef } from '../../src/discovery/service-ref.ts';
import type { EndpointSink, NameLookup } from '../../src/discovery/source.ts';
import type { Transition } from '../../src/endpoint/ejection.ts';
import type { Endpoint } from '../../src/endpoint/endpoint.ts';
import { HttpListener } from '../../src/listener/http-listener.ts';
import type { Dialer } from '../../src/net/dial.ts';
import { TcpDialer } from '../../src/net/dial.ts';
import { outlierDetectionOptions } from '../../src/outlier/options.ts';
import { circuitBreakerOptions } from '../../src/policy/breaker/circuit-breaker-options.ts';
import { bulkheadOptions } from '../../src/policy/limits/bulkhead-options.ts';
import { retryOptions } from '../../src/policy/options.ts';
import { ResponseStore } from '../../src/policy/stale/response-store.ts';
import { Forwarder } from '../../src/proxy/forward.ts';
import { refuse } from '../../src/proxy/refusal.ts';
import { ReplayBudget } from '../../src/proxy/replay-budget.ts';
import type { StrangerRules } from '../../src/proxy/strangers.ts';
import { Strangers } from '../../src/proxy/strangers.ts';
import { TcpForwarder } from '../../src/proxy/tcp-forward.ts';
import { Service } from '../../src/service/service.ts';
import { ServiceDirectory } from '../../src/service/service-directory.ts';
import type { ServicePolicy } from '../../src/service/service-policy.ts';
import type { Translator } from '../../src/translate/translation.ts';
import { eventually } from './eventually.ts';
import { observed } from './observed.ts';
import { testForwardProxy } from './test-forward-proxy.ts';
import { rethrow, testTransport } from './test-transport.ts';

export interface ProxyOptions {
  /** By service: the endpoints, as ports on 127.0.0.1 or in full. */
  readonly services: Readonly<Record<string, readonly (number | Partial<Endpoint>)[]>>;
  readonly policy?: (policy: ServicePolicy, service: string) => ServicePolicy;
  /** The service of the listener itself. */
  readonly listenerService?: string;
  readonly replayBytes?: number;
  /** Default: the system's. */
  readonly random?: Random;
  /** Default: none. */
  readonly tracer?: RequestTracer;
  /** To each endpoint; default 100. */
  readonly maxConnections?: number;
  /** Services of which discovery never says anything. */
  readonly unanswered?: readonly string[];
  /** Default: none is allowed, every service may be called. */
  readonly strangers?: Partial<StrangerRules>;
  /** Hosts that are carried although they are no services. Default none. */
  readonly passThrough?: readonly string[];
  /** How long a first request waits for discovery; default 5 s, and hardly at all when some are unanswered. */
  readonly firstAnswerTimeoutMs?: number;
  /** Default: in the clear. */
  readonly dialer?: Dialer;
  /** Default: room for a megabyte. */
  readonly responseStore?: ResponseStore;
  /** Of every service. Default: none. */
  readonly translator?: Translator;
}

export interface ProxyUnderTest {
  readonly port: number;
  readonly url: string;
  readonly finished: RequestFacts[];
  /** Connections that carried bytes. */
  readonly connections: ConnectionFacts[];
  readonly transitions: Transition[];
  readonly circuitTransitions: CircuitTransition[];
  /** What protections in a dry run would have done, in order. */
  readonly notEnforced: string[];
  readonly directory: ServiceDirectory;
  readonly forwarder: Forwarder;
  readonly listener: HttpListener;
  readonly replayBudget: ReplayBudget;
  /** Publishes a new table. */
  publish(service: string, endpoints: readonly (number | Partial<Endpoint>)[]): void;
  /** Waits until `count` requests have ended, and gives them. */
  untilFinished(count: number): Promise<RequestFacts[]>;
}

export const DEFAULT_POLICY: ServicePolicy = {
  timeout: { request: 15_000, connect: 1_000, idle: 60_000, idleStream: 3_600_000 },
  retry: retryOptions.parse({}),
  loadBalancer: loadBalancerOptions.parse({}),
  outlierDetection: outlierDetectionOptions.parse({}),
  circuitBreaker: circuitBreakerOptions.parse({}),
  bulkhead: bulkheadOptions.parse({}),
  faults: [],
  routes: [],
  configuredAt: 0,
};

export function testEndpoint(from: number | Partial<Endpoint>): Endpoint {
  const given = typeof from === 'number' ? { port: from } : from;
  return {
    id: `node/${given.port ?? 0}`,
    address: '127.0.0.1',
    port: 0,
    health: 'passing',
    healthDetail: undefined,
    weight: 1,
    tags: [],
    meta: {},
    node: 'node',
    datacenter: 'dc1',
    ...given,
  };
}

export async function startProxy(t: TestContext, options: ProxyOptions): Promise<ProxyUnderTest> {
  const finished: RequestFacts[] = [];
  const connections: ConnectionFacts[] = [];
  const transitions: Transition[] = [];
  const circuitTransitions: CircuitTransition[] = [];
  const notEnforced: string[] = [];
  const observer = observed({
    requestFinished: (facts) => finished.push(facts),
    connectionFinished: (facts) => connections.push(facts),
    outlierTransition: (_service, _authority, transition) => transitions.push(transition),
    circuitChanged: (_service, transition) => circuitTransitions.push(transition),
    wouldBreak: () => notEnforced.push('would_break'),
    wouldShed: (_service, policy) => notEnforced.push(`would_shed ${policy}`),
    wouldLimit: () => notEnforced.push('would_limit'),
  });
  const sinks = new Map<string, EndpointSink>();
  const policyOf = (service: string) => options.policy?.(DEFAULT_POLICY, service) ?? DEFAULT_POLICY;
  const responseStore = options.responseStore ?? new ResponseStore(1024 * 1024);
  const transport = testTransport(
    {
      connectTimeoutMs: policyOf(Object.keys(options.services)[0] ?? '').timeout.connect,
      maxConnections: options.maxConnections ?? 100,
    },
    systemClock,
    options.dialer,
  );
  const registered = ({ name }: ServiceRef) =>
    Object.keys(options.services).find((known) => known.toLowerCase() === name.toLowerCase());
  const directory = new ServiceDirectory({
    clock: systemClock,
    catalog: {
      localDatacenter: 'dc1',
      lookupDatacenter: () => 'known',
      readDatacenters: () => Promise.resolve(),
      lookup: (ref: ServiceRef): NameLookup => (registered(ref) === undefined ? 'unknown' : 'known'),
      registeredName: registered,
      start: () => {},
      stop: () => {},
      ready: () => Promise.resolve(),
      refresh: () => Promise.resolve(),
      names: () => Object.keys(options.services),
    },
    create: (ref, name) =>
      new Service({
        name,
        policy: policyOf(ref.name),
        provenance: 'registry',
        transport,
        clock: systemClock,
        random: options.random ?? systemRandom,
        responseStore,
        sendToService: (other, call) => directory.sendTo(other, call),
        source: {
          start: (sink) => {
            sinks.set(ref.name, sink);
            if (options.unanswered?.includes(ref.name) === true) return;
            setImmediate(() => sink.endpoints((options.services[ref.name] ?? []).map(testEndpoint)));
          },
          stop: () => sinks.delete(ref.name),
        },
        observer,
        translator: options.translator,
      }),
    declared: [],
    onDemand: true,
    saved: new Map(),
    firstAnswerTimeoutMs: options.firstAnswerTimeoutMs ?? (options.unanswered === undefined ? 5_000 : 50),
    idleTimeoutMs: 600_000,
    maxWatches: 150,
  });
  const ownPorts = new Set<number>();
  const replayBudget = new ReplayBudget(options.replayBytes ?? 32 * 1024 * 1024);
  const strangers = new Strangers({
    allowedOrigins: [],
    allowedHosts: [],
    ownHosts: [],
    consulDomain: 'consul',
    allowedServices: ['*'],
    ...options.strangers,
  });
  const forwarder: Forwarder = new Forwarder({
    services: directory,
    clock: systemClock,
    logger: silentLogger,
    observer,
    replayBudget,
    strangers,
    forwardProxy: testForwardProxy({ passThrough: options.passThrough ?? [], ownPorts }),
    tcpForwarder: async () =>
      new TcpForwarder({
        services: directory,
        strangers,
        activity: forwarder.activity,
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
        observer,
        dialer: new TcpDialer(),
        newConnectionId: () => 'generated-id',
      }),
    lifecycle: { cutting: false },
    instanceId: 'test',
    newRequestId: () => 'generated-id',
    consulDomain: 'consul',
    tracer: options.tracer,
    typed: (command: string) => `ambassador ${command}`,
    addressesOf: () => [],
  });
  const listener = new HttpListener({
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    service: options.listenerService,
    maxHeaderBytes: 32 * 1024,
    connected: () => {},
    forward: (exchange) => forwarder.forward(exchange),
    refused: (error, contentType) =>
      refuse(error, contentType, { clock: systemClock, observer, newRequestId: () => 'generated-id' }),
    clock: systemClock,
    fault: rethrow,
  });
  const bound = await listener.listen();
  if (bound.kind !== 'tcp') throw new Error('expected a TCP address');
  ownPorts.add(bound.port);
  directory.start();
  t.after(() => {
    directory.close();
    void listener.close();
    listener.destroy();
  });
  return {
    port: bound.port,
    url: `http://127.0.0.1:${bound.port}`,
    finished,
    connections,
    transitions,
    circuitTransitions,
    notEnforced,
    directory,
    forwarder,
    listener,
    replayBudget,
    publish: (service, endpoints) => sinks.get(service)?.endpoints(endpoints.map(testEndpoint)),
    untilFinished: (count) =>
      eventually(() => {
        if (finished.length < count) throw new Error(`${finished.length} of ${count} requests have ended`);
        return finished;
      }),
  };
}

// The composition root: the only place where the parts meet.

import { randomUUID } from 'node:crypto';
import { AdminServer } from '../admin/admin-server.ts';
import { readiness } from '../admin/readiness.ts';
import type { Config, PolicyConfig } from '../config/types.ts';
import { systemClock } from '../core/clock.ts';
import type { AmbassadorError } from '../core/errors.ts';
import type { LineSink } from '../core/line-sink.ts';
import type { Logger } from '../core/logger.ts';
import type { RequestObserver } from '../core/observer.ts';
import { RequestObservers } from '../core/observer.ts';
import { systemRandom } from '../core/random.ts';
import { REASONS } from '../core/reasons.ts';
import { endpointSource } from '../discovery/registry.ts';
import { SnapshotFile } from '../discovery/snapshot-file.ts';
import type { ServiceRef } from '../discovery/source.ts';
import { ResilienceLog } from '../log/resilience-log.ts';
import { ServiceLog } from '../log/service-log.ts';
import { PrometheusMetrics } from '../metrics/prometheus.ts';
import { Forwarder } from '../proxy/forward.ts';
import { ReplayBudget } from '../proxy/replay-budget.ts';
import { ResilienceObservers } from '../resilience/resilience-observer.ts';
import { ResponseStore } from '../resilience/response-store.ts';
import { Service } from '../service/service.ts';
import { ServiceDirectory } from '../service/service-directory.ts';
import { ServiceObservers } from '../service/service-observer.ts';
import { UndiciTransport } from '../transport/undici-transport.ts';
import { setUpAccessLog } from './access-log-setup.ts';
import { readAdminToken } from './admin-token.ts';
import { Ambassador } from './ambassador.ts';
import { setUpConsul } from './consul-setup.ts';
import type { Lifecycle } from './lifecycle.ts';
import { Listeners } from './listeners.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import { setUpTracing } from './tracing-setup.ts';
import { VERSION } from './version.ts';

export interface BuildOptions {
  readonly config: Config;
  readonly logger: Logger;
  /** Where the lines of the access log go. */
  readonly lines: LineSink;
}

/** @throws Error when a file that the configuration names cannot be read */
export async function buildAmbassador({ config, logger, lines }: BuildOptions): Promise<Ambassador> {
  const clock = systemClock;
  const random = systemRandom;
  const lifecycle: Lifecycle = { listening: false, draining: false };
  const services = (): ReadonlyMap<string, Service> => directory.services;

  const accessLog = await setUpAccessLog(config.accessLog, { sink: lines, clock, random, logger });
  const tracing = await setUpTracing(config.tracing, { clock, random, logger });
  const replayBudget = new ReplayBudget(config.limits.replayBuffers);
  const metrics = new PrometheusMetrics({
    version: VERSION,
    services: () => services().values(),
    accessLogDropped: () => accessLog?.dropped() ?? 0,
    replayBufferBytes: () => replayBudget.used,
    spans: tracing?.exporter,
  });
  const requestObserver = new RequestObservers([
    metrics.requests,
    ...(accessLog === undefined ? [] : [accessLog.observer]),
    ...(tracing === undefined ? [] : [tracing]),
  ]);

  const consul = await setUpConsul(config.consul, { clock, random, logger, observer: metrics.discovery });
  const { snapshotFile } = config.discovery;
  const file =
    snapshotFile === undefined ? undefined : new SnapshotFile({ path: snapshotFile, clock, logger });
  const saved = (await file?.load()) ?? new Map();
  const snapshot = file === undefined ? undefined : new SnapshotKeeper(file, clock, services);

  const serviceObserver = new ServiceObservers([
    new ServiceLog(logger),
    metrics.services,
    ...(snapshot === undefined ? [] : [snapshot]),
  ]);
  const resilienceObserver = new ResilienceObservers([new ResilienceLog(logger), metrics.resilience]);
  const responseStore = new ResponseStore(config.limits.storedResponses);
  const configuredAt = clock.now();
  const createService = (ref: ServiceRef, name: string): Service => {
    const declared =
      ref.tag === undefined && ref.datacenter === undefined ? config.services.get(ref.name) : undefined;
    const policy = declared?.policy ?? config.defaultPolicy;
    const routes = declared?.routes ?? [];
    const { source, provenance } = endpointSource(declared?.discover, ref, {
      consul: consul.source,
      consulDefaults: config.consul,
      clock,
      random,
    });
    return new Service({
      name,
      policy: { ...policy, routes, configuredAt },
      source,
      provenance,
      transport: transportOf(policy, config),
      clock,
      random,
      observer: serviceObserver,
      resilienceObserver,
      responseStore,
      sendToService: (other, call) => directory.sendTo(other, call),
    });
  };
  const onDemand = config.discovery.services === 'onDemand';
  const directory = new ServiceDirectory({
    clock,
    catalog: consul.catalog,
    create: createService,
    declared: [...config.services.keys()],
    onDemand,
    saved,
    firstAnswerTimeoutMs: config.discovery.firstAnswerTimeout,
    idleTimeoutMs: config.discovery.idleTimeout,
  });

  const forwarder = new Forwarder({
    services: directory,
    clock,
    logger,
    observer: requestObserver,
    replayBudget,
    instanceId: randomUUID().slice(0, 8),
    newRequestId: randomUUID,
    tracer: tracing?.tracer,
  });
  const listeners = new Listeners(
    config,
    {
      maxHeaderBytes: config.limits.requestHeaders,
      forward: (exchange) => forwarder.forward(exchange),
      malformed: (error, requestId) => reportMalformed(requestObserver, error, requestId),
      newRequestId: randomUUID,
    },
    logger,
  );
  const admin = new AdminServer({
    address: config.admin.listen,
    token: await readAdminToken(config.admin),
    allowedHosts: config.admin.allowedHosts,
    services,
    open: (name) => directory.open({ name, tag: undefined, datacenter: undefined }),
    knownNames: () =>
      [...new Set([...config.services.keys(), ...(onDemand ? consul.catalog.names() : [])])].sort((a, b) =>
        a.localeCompare(b),
      ),
    readiness: {
      state: () =>
        readiness({
          ...lifecycle,
          declared: [...config.services.keys()].map((name) => ({
            name,
            hasTable: services().get(name)?.feed.table !== undefined,
          })),
          catalogAnswered: !onDemand || consul.catalog.answered,
          hasSnapshot: saved.size > 0,
        }),
    },
    metrics,
    config: () => config.shown,
    clock,
    logger,
  });
  return new Ambassador({
    clock,
    logger,
    lifecycle,
    consul,
    directory,
    forwarder,
    listeners,
    admin,
    accessLog,
    tracing,
    snapshot,
    drainTimeoutMs: config.drain.timeout,
  });
}

function transportOf({ timeout, connections }: PolicyConfig, { limits }: Config): UndiciTransport {
  return new UndiciTransport({
    connectTimeoutMs: timeout.connect,
    maxConnections: connections.maxPerEndpoint,
    keepAliveMs: connections.keepAlive,
    maxHeaderBytes: limits.responseHeaders,
  });
}

/** What could not be parsed is a request all the same: it was answered, and somebody will look for it. */
function reportMalformed(observer: RequestObserver, error: AmbassadorError, requestId: string): void {
  const { status, flag } = REASONS[error.reason];
  observer.requestFinished({
    requestId,
    startedAtWall: systemClock.wallTime(),
    startedAt: systemClock.now(),
    method: '',
    target: '',
    httpVersion: '',
    service: '',
    addressing: undefined,
    status,
    reason: error.reason,
    detail: error.message,
    flags: [flag],
    attempts: [],
    durationMs: 0,
    headMs: 0,
    bytesSent: 0,
    upgraded: false,
  });
}

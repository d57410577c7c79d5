// What the admin API shows and acts on, taken from the parts of this process.

import { hostname } from 'node:os';
import { AdminServer } from '../admin/admin-server.ts';
import { readiness } from '../admin/readiness.ts';
import { settingsOf } from '../config/settings.ts';
import type { Config } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { dashboardRoutes } from '../dashboard/dashboard-routes.ts';
import type { ConsulKv } from '../discovery/consul/consul-kv.ts';
import type { CallableAddresses } from '../net/callable-addresses.ts';
import { objectionTo } from '../net/objection-to.ts';
import type { FaultRecord } from '../observe/log/fault-record.ts';
import { allFaults } from '../observe/log/fault-record.ts';
import type { ListenerFaults } from '../observe/log/listener-faults.ts';
import type { PrometheusMetrics } from '../observe/metrics/prometheus.ts';
import type { ForwardProxy } from '../proxy/forward-proxy.ts';
import type { LocalRegistration } from '../registration/local-registration.ts';
import type { ServiceDirectory } from '../service/service-directory.ts';
import { readAdminToken } from './admin-token.ts';
import type { ConfigReloader } from './config-reloader.ts';
import type { ConsulParts } from './consul-setup.ts';
import { kvView } from './kv-configuration.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Listeners } from './listeners.ts';
import type { LogLevels } from './log-levels.ts';
import type { Observation } from './observation.ts';
import { isOnDemand } from './reconfiguration.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';
import { VERSION } from './version.ts';

export interface AdminParts {
  /** That of the start. */
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly reloader: () => ConfigReloader;
  readonly kv: () => ConsulKv | undefined;
  readonly consul: ConsulParts;
  /** Without dots at its ends. */
  readonly consulDomain: string;
  readonly directory: ServiceDirectory;
  readonly listeners: Listeners;
  readonly addresses: CallableAddresses;
  readonly forwardProxy: ForwardProxy;
  readonly metrics: PrometheusMetrics;
  readonly observation: Observation;
  readonly registration: LocalRegistration | undefined;
  readonly snapshot: SnapshotKeeper | undefined;
  /** Whether an earlier run left endpoints to begin with. */
  readonly hasSnapshot: boolean;
  readonly faults: FaultRecord;
  readonly listenerFaults: ListenerFaults;
  readonly logLevels: LogLevels;
}

/** @throws Error when the token's file cannot be read */
export async function setUpAdmin(parts: AdminParts): Promise<AdminServer> {
  const { config, clock, logger, consul, directory, listeners, metrics, observation, registration } = parts;
  const inForce = (): Config => parts.reloader().inForce;
  const consulState = () => observation.consulStatus.state;
  return new AdminServer({
    pages: dashboardRoutes,
    address: config.admin.listen,
    token: await readAdminToken(config.admin),
    allowedHosts: config.admin.allowedHosts,
    services: () => directory.services,
    consulDomain: parts.consulDomain,
    forwardProxy: parts.forwardProxy,
    openRef: async (ref, fields) => directory.find(ref, fields) ?? directory.open(ref),
    overrides: {
      open: (ref) => directory.openForOverride(ref),
      objectionTo: (place) => objectionTo(place, parts.addresses),
    },
    knownNames: () => knownNames(inForce(), consul),
    listening: () => listeners.doors,
    readiness: { state: () => readinessNow(parts) },
    metrics,
    config: () => inForce().shown,
    settings: () => settingsOf(inForce().shown, inForce().origins),
    configuration: () => ({ ...parts.reloader().state(), kv: kvNow(parts) }),
    stats: observation.stats,
    timeline: observation.timeline,
    registration: () => registration?.state,
    consul: { address: config.consul.address, state: consulState },
    snapshotFault: () => parts.snapshot?.fault,
    faults: () => allFaults(parts.faults.summary(), parts.listenerFaults.summary()),
    logLevel: {
      state: () => parts.logLevels.state(),
      set: (level, forMs) => parts.logLevels.set(level, forMs),
    },
    version: VERSION,
    host: hostname(),
    startedAt: clock.wallTime(),
    reload: (operator) => parts.reloader().reload({ kind: 'operator', operator }),
    clock,
    logger,
  });
}

function knownNames(inForce: Config, { catalog }: ConsulParts): string[] {
  const registered = isOnDemand(inForce) ? catalog.names() : [];
  return [...new Set([...inForce.services.keys(), ...registered])].sort();
}

function readinessNow({
  config,
  reloader,
  lifecycle,
  directory,
  consul,
  observation,
  hasSnapshot,
}: AdminParts) {
  const { inForce } = reloader();
  return readiness({
    ...lifecycle,
    declared: [...config.services.keys()]
      // What a reload adds must not make a process unready that others are served by.
      .filter((name) => inForce.services.has(name))
      .map((name) => ({ name, hasTable: directory.services.get(name)?.feed.table !== undefined })),
    catalogAnswered: ![config, inForce].every(isOnDemand) || consul.catalog.answered,
    catalogFailure: observation.consulStatus.state.detail,
    hasSnapshot,
  });
}

function kvNow({ config, kv }: AdminParts) {
  const { key } = config.configuration.kv ?? {};
  const watched = kv();
  return key === undefined || watched === undefined ? null : kvView(key, watched);
}

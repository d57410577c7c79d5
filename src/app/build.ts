// The composition root: the only place where the parts meet.

import { hostname } from 'node:os';
import type { ConfigText } from '../config/parse.ts';
import { parseConfigApart } from '../config/parse-apart.ts';
import { readSource } from '../config/read-file.ts';
import { learnSecrets } from '../config/secrets-behind.ts';
import type { Environment } from '../config/substitution.ts';
import type { AccessLogConfig, Config, LogLevel } from '../config/types.ts';
import type { LineSink } from '../core/line-sink.ts';
import type { Logger } from '../core/logger.ts';
import { systemRandom } from '../core/random.ts';
import { systemClock } from '../core/system-clock.ts';
import { turnClock } from '../core/turn-clock.ts';
import { SnapshotFile } from '../discovery/snapshot/snapshot-file.ts';
import type { SavedEndpoints } from '../discovery/snapshot/snapshot-format.ts';
import { AddressRewriting } from '../endpoint/address-rewriting.ts';
import { CallableAddresses } from '../net/callable-addresses.ts';
import type { FaultRecord } from '../observe/log/fault-record.ts';
import { ListenerFaults } from '../observe/log/listener-faults.ts';
import { PrometheusMetrics } from '../observe/metrics/prometheus.ts';
import { ResponseStore } from '../policy/stale/response-store.ts';
import { ReplayBudget } from '../proxy/replay-budget.ts';
import type { Service } from '../service/service.ts';
import { ServiceDirectory } from '../service/service-directory.ts';
import { setUpAccessLog } from './access-log-setup.ts';
import { AccessLogSlot } from './access-log-slot.ts';
import { setUpAdmin } from './admin-setup.ts';
import { Ambassador } from './ambassador.ts';
import { ConfigReloader } from './config-reloader.ts';
import { setUpConsul } from './consul-setup.ts';
import { DescriptorRoom } from './descriptor-room.ts';
import { connectSetup, Dialers } from './dialers.ts';
import { FileWatch } from './file-watch.ts';
import { firstLine } from './first-line.ts';
import { kvConfiguration } from './kv-configuration.ts';
import type { Lifecycle } from './lifecycle.ts';
import { LogLevels } from './log-levels.ts';
import { setUpObservation } from './observation.ts';
import { setUpObservers } from './observers.ts';
import { limitWarning, mostClients, openFileLimit } from './open-file-limit.ts';
import { directorySettings, isOnDemand, reconfigure } from './reconfiguration.ts';
import { setUpRegistration } from './registration-setup.ts';
import { ServiceFactory } from './service-factory.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import { loadTcpModules, needsTcp } from './tcp-modules.ts';
import { setUpTracing } from './tracing-setup.ts';
import { setUpTraffic } from './traffic-setup.ts';
import { Translations } from './translations.ts';
import { VERSION } from './version.ts';

export interface BuildOptions {
  readonly config: Config;
  /** What it was read from; undefined when there is no file. */
  readonly source: ConfigText | undefined;
  /** For the variables of a file that is read again. */
  readonly environment: Environment;
  /** What is logged from the start. */
  readonly logLevel: LogLevel;
  /** Whether that is the command line's word, over the configuration's. */
  readonly logLevelIsFixed: boolean;
  readonly setLogLevel: (level: LogLevel) => void;
  readonly logger: Logger;
  /** Where the lines of the access log go, unless they have a file; `dropped` counts the ones given up. */
  readonly accessLines: LineSink & { readonly dropped: number };
  /** Lines of the main log that were given up so far. */
  readonly logDropped: () => number;
  readonly faults: FaultRecord;
  /** Whether they go to a terminal. */
  readonly isTerminal: boolean;
  /** Called once there is traffic. */
  readonly onTraffic?: (() => void) | undefined;
}

/** @throws Error when a file that the configuration names cannot be read */
export async function buildAmbassador(options: BuildOptions): Promise<Ambassador> {
  const { config, source, environment, logger, accessLines, isTerminal, logDropped, faults } = options;
  learnSecrets(config);
  // What discovery does in one turn takes time that it must see.
  const clock = turnClock(systemClock);
  const logLevels = new LogLevels(options.logLevel, clock, options.setLogLevel);
  const random = systemRandom;
  const lifecycle: Lifecycle = { listening: false, draining: false, cutting: false };
  const services = (): ReadonlyMap<string, Service> => directory.services;
  const inForce = (): Config => reloader.inForce;
  let made: ServiceFactory | undefined;

  const openAccessLog = (wanted: AccessLogConfig) =>
    setUpAccessLog(wanted, { sink: accessLines, isTerminal, clock, random, logger });
  const accessLog = new AccessLogSlot(await openAccessLog(config.accessLog));
  const tracing = await setUpTracing(config.tracing, { clock, random, logger });
  const replayBudget = new ReplayBudget(config.limits.replayBuffers);
  const consulDomain = config.consul.domain.replace(/\.$/, '');
  const { snapshotFile } = config.discovery;
  const file =
    snapshotFile === undefined
      ? undefined
      : new SnapshotFile({ path: snapshotFile, clock: systemClock, logger });
  const saved: ReadonlyMap<string, SavedEndpoints> = (await file?.load()) ?? new Map();
  const snapshot =
    file === undefined
      ? undefined
      : new SnapshotKeeper(file, clock, services, (service) => made?.defaultsOf(service));

  const listenerFaults = new ListenerFaults(clock, logger);
  const metrics = new PrometheusMetrics({
    version: VERSION,
    services: () => services().values(),
    clock,
    accessLogDropped: () => accessLog.dropped + accessLines.dropped,
    logDropped,
    faults: () => faults.count,
    listenerFaults: () => listenerFaults.count,
    replayBufferBytes: () => replayBudget.used,
    spans: tracing?.exporter,
  });
  const fileLimit = await openFileLimit();
  const warning = fileLimit === undefined ? undefined : limitWarning(fileLimit, config);
  if (warning !== undefined) logger.warn({ limit: fileLimit }, warning);
  const room = new DescriptorRoom({
    clients: () => listeners,
    mostClients: fileLimit === undefined ? Number.POSITIVE_INFINITY : mostClients(fileLimit),
    clock,
    logger,
  });
  const observation = setUpObservation(
    clock,
    logger,
    () => inForce().accessLog.slowThreshold,
    config.consul.datacenter,
  );
  const translations = new Translations({
    clock,
    random,
    logger,
    observer: () => observer,
    allowedOrigins: () => inForce().allowedOrigins,
    saved: (service) => saved.get(service)?.description,
  });
  const observer = setUpObservers({
    clock,
    logger,
    observation,
    listenerFaults,
    metrics: metrics.observers,
    others: [accessLog, room, translations, ...present(snapshot), ...present(tracing)],
    onTraffic: options.onTraffic,
  });

  const fault = (error: unknown): void => faults.record(error);
  const consul = await setUpConsul(config.consul, { clock: systemClock, random, logger, observer });
  for (const { defaults } of saved.values()) {
    if (defaults !== undefined) consul.entries.remember(defaults.service, defaults.protocol);
  }
  if (snapshot !== undefined) consul.entries.onChange(() => snapshot.defaultsChanged());
  // Names that only entries know can be called as well.
  if (isOnDemand(config) && config.discovery.configEntries) consul.entries.start();
  const registration = await setUpRegistration(config, {
    client: consul.client,
    hostname: hostname(),
    clock: systemClock,
    random,
    logger,
    lastRequestAt: () => forwarder.activity.lastBegunAt,
  });
  const responseStore = new ResponseStore(config.limits.storedResponses);
  const addresses = new CallableAddresses(() => {
    const { adminAt } = lifecycle;
    return [...listeners.bound, ...(adminAt === undefined ? [] : [adminAt])];
  });
  addresses.allow(config.discovery.allowAddresses);
  const rewriting = new AddressRewriting(config.discovery.rewrite);
  const judgeAgain = (): void => {
    for (const service of services().values()) service.judgeAgain();
  };
  const dialers = new Dialers({
    connect: connectSetup(config, consul.source),
    clock: systemClock,
    logger,
    addresses,
    // Consul may renew a certificate before there is a service.
    rotated: () => made?.redial(services().values()),
  });
  await dialers.prepare(config);
  await translations.prepare(config);
  const factory = new ServiceFactory(config, {
    addresses,
    rewriting,
    dialers,
    translations,
    providers: { consul: consul.source, consulDefaults: config.consul, clock: systemClock, random },
    catalog: consul.catalog,
    entries: consul.entries,
    ownNode: consul.ownNode,
    watched: () => directory.services.size,
    clock,
    random,
    observer,
    responseStore,
    fault,
    sendToService: (other, call) => directory.sendTo(other, call),
  });
  made = factory;
  consul.entries.onChange(() => factory.redial(services().values()));
  if (needsTcp(config)) factory.offerTcp(loadTcpModules());
  const directory = new ServiceDirectory({
    clock,
    catalog: consul.catalog,
    create: (ref, name) => factory.create(ref, name),
    queryExists: (name, withinMs) => consul.queries.exists(name, withinMs),
    otherWatches: () => factory.targetWatches,
    hasEntries: ({ name, datacenter }) =>
      datacenter === undefined &&
      inForce().discovery.configEntries &&
      consul.entries.changesRoutes(name) === true,
    saved,
    registryFailure: () => observation.consulStatus.state.detail,
    ...directorySettings(config),
  });

  const traffic = await setUpTraffic({
    config,
    environment,
    clock,
    random,
    logger,
    observer,
    lifecycle,
    directory,
    dialers,
    replayBudget,
    room,
    tracing,
    consulDomain,
    fault,
    listenersChanged: judgeAgain,
  });
  const { forwarder, forwardProxy, listenerTls, listeners } = traffic;
  const admin = await setUpAdmin({
    config,
    clock,
    logger,
    lifecycle,
    reloader: () => reloader,
    kv: () => kv,
    consul,
    consulDomain,
    directory,
    listeners,
    addresses,
    forwardProxy,
    metrics,
    observation,
    registration,
    snapshot,
    hasSnapshot: saved.size > 0,
    faults,
    listenerFaults,
    logLevels,
  });
  const reconfigurable = {
    admit: (wanted: Config) => {
      traffic.admit(wanted);
      addresses.allow(wanted.discovery.allowAddresses);
      rewriting.replace(wanted.discovery.rewrite);
      judgeAgain();
    },
    file: source?.file ?? '',
    lifecycle,
    listeners,
    directory,
    services: factory,
    dialers,
    translations,
    listenerTls,
    admin,
    accessLog,
    replayBudget,
    responseStore,
    openAccessLog,
    setLogLevel: (level: LogLevel) => {
      if (!options.logLevelIsFixed) logLevels.configure(level);
    },
  };
  const reloader = new ConfigReloader({
    config,
    source,
    read: readSource,
    parse: (text, old, signal) => parseConfigApart(text, environment, old, { signal }),
    apply: (next, old) => {
      learnSecrets(next);
      return reconfigure(reconfigurable, old, next);
    },
    observer,
    clock,
    logger,
  });
  const kvKey = config.configuration.kv?.key;
  const kv = kvKey === undefined ? undefined : kvConfiguration(config, kvKey, consul.source, reloader);
  const watch =
    source && new FileWatch({ path: source.file, clock, logger, touched: () => void reloader.fileTouched() });
  return new Ambassador({
    announce: () => logger.info({ version: VERSION, node: process.version }, firstLine(config, VERSION)),
    clock,
    logger,
    lifecycle,
    consul,
    dialers,
    translations,
    listenerTls,
    directory,
    forwarder,
    listeners,
    admin,
    accessLog,
    tracing,
    snapshot,
    reloader,
    registration,
    kv,
    watch,
  });
}

function present<T>(part: T | undefined): T[] {
  return part === undefined ? [] : [part];
}

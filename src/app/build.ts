// The composition root: the only place where the parts meet.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { AdminServer } from '../admin/admin-server.ts';
import { readiness } from '../admin/readiness.ts';
import type { ConfigText } from '../config/parse.ts';
import { parseConfigApart } from '../config/parse-apart.ts';
import { readSource } from '../config/read-file.ts';
import { secretsBehind } from '../config/secrets-behind.ts';
import { settingsOf } from '../config/settings.ts';
import type { Environment } from '../config/substitution.ts';
import type { AccessLogConfig, Config, LogLevel } from '../config/types.ts';
import type { CompleteObserver } from '../core/events.ts';
import { combineObservers } from '../core/events.ts';
import type { LineSink } from '../core/line-sink.ts';
import type { Logger } from '../core/logger.ts';
import { systemRandom } from '../core/random.ts';
import { secrets } from '../core/secrets.ts';
import { systemClock } from '../core/system-clock.ts';
import { turnClock } from '../core/turn-clock.ts';
import { dashboardRoutes } from '../dashboard/dashboard-routes.ts';
import { serviceNamed } from '../discovery/service-ref.ts';
import { SnapshotFile } from '../discovery/snapshot/snapshot-file.ts';
import type { SavedEndpoints } from '../discovery/snapshot/snapshot-format.ts';
import { AddressRewriting } from '../endpoint/address-rewriting.ts';
import { HttpListener } from '../listener/http-listener.ts';
import { CallableAddresses } from '../net/callable-addresses.ts';
import { objectionTo } from '../net/objection-to.ts';
import { ConnectionLog } from '../observe/log/connection-log.ts';
import type { FaultRecord } from '../observe/log/fault-record.ts';
import { allFaults } from '../observe/log/fault-record.ts';
import { ListenerFaults } from '../observe/log/listener-faults.ts';
import { ResilienceLog } from '../observe/log/resilience-log.ts';
import { ServiceLog } from '../observe/log/service-log.ts';
import { PrometheusMetrics } from '../observe/metrics/prometheus.ts';
import { oneCauseOneReport } from '../observe/one-cause.ts';
import { withoutRepeats } from '../observe/without-repeats.ts';
import { ResponseStore } from '../policy/stale/response-store.ts';
import { Forwarder } from '../proxy/forward.ts';
import { ForwardProxy } from '../proxy/forward-proxy.ts';
import { refuse } from '../proxy/refusal.ts';
import { ReplayBudget } from '../proxy/replay-budget.ts';
import { Strangers } from '../proxy/strangers.ts';
import type { Service } from '../service/service.ts';
import { ServiceDirectory } from '../service/service-directory.ts';
import { setUpAccessLog } from './access-log-setup.ts';
import { AccessLogSlot } from './access-log-slot.ts';
import { adminFlag } from './admin-flag.ts';
import { readAdminToken } from './admin-token.ts';
import { Ambassador } from './ambassador.ts';
import { ConfigLog } from './config-log.ts';
import { ConfigReloader } from './config-reloader.ts';
import { setUpConsul } from './consul-setup.ts';
import { DescriptorRoom } from './descriptor-room.ts';
import { connectSetup, Dialers } from './dialers.ts';
import { FileWatch } from './file-watch.ts';
import { firstLine } from './first-line.ts';
import { FirstRequests } from './first-requests.ts';
import { kvConfiguration, kvView } from './kv-configuration.ts';
import type { Lifecycle } from './lifecycle.ts';
import { ListenerTls } from './listener-tls.ts';
import { Listeners } from './listeners.ts';
import { LogLevels } from './log-levels.ts';
import { setUpObservation } from './observation.ts';
import { limitWarning, mostClients, openFileLimit } from './open-file-limit.ts';
import { callingOf, ownCommand } from './own-command.ts';
import { directorySettings, reconfigure } from './reconfiguration.ts';
import { setUpRegistration } from './registration-setup.ts';
import { ReloadWatch } from './reload-watch.ts';
import { ServiceFactory } from './service-factory.ts';
import { SnapshotKeeper } from './snapshot-keeper.ts';
import { forwardProxyRules, strangerRules } from './stranger-rules.ts';
import { loadTcpModules, needsTcp } from './tcp-modules.ts';
import { setUpTracing } from './tracing-setup.ts';
import { Translations } from './translations.ts';
import { VERSION } from './version.ts';

/** Fewer than these come from probes and people who look around. */
const TRAFFIC = 1_000;

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
  const lifecycle: Lifecycle = { listening: false, draining: false };
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
  const onListenerFault = listenerFaults.report.bind(listenerFaults);
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
  const forPeople = combineObservers(
    [
      new ServiceLog(logger),
      new ConnectionLog(logger, clock),
      new ResilienceLog(logger),
      new ConfigLog(logger),
      ...observation.timelineListeners,
    ],
    onListenerFault,
  );
  const translations = new Translations({
    clock,
    random,
    logger,
    observer: () => observer,
    allowedOrigins: () => inForce().allowedOrigins,
    saved: (service) => saved.get(service)?.description,
  });
  const observer: CompleteObserver = combineObservers(
    [
      ...metrics.observers,
      oneCauseOneReport(
        combineObservers([withoutRepeats(forPeople)], onListenerFault),
        clock,
        () => observation.consulStatus.state.detail,
      ),
      observation.stats,
      observation.consulStatus,
      new ReloadWatch(clock, (advice) => observer.errorsJumped(advice)),
      accessLog,
      room,
      translations,
      ...(snapshot === undefined ? [] : [snapshot]),
      ...(tracing === undefined ? [] : [tracing]),
      ...(options.onTraffic === undefined ? [] : [new FirstRequests(TRAFFIC, options.onTraffic)]),
    ],
    onListenerFault,
  );

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

  const strangers = new Strangers(strangerRules(config, consulDomain));
  const proxyRules = (wanted: Config) => forwardProxyRules(wanted, consulDomain, () => listeners.ports);
  const forwardProxy = new ForwardProxy(proxyRules(config));
  const tcpForwarder = async () => {
    const { TcpForwarder } = loadTcpModules();
    const { activity } = forwarder;
    const newConnectionId = randomUUID;
    const dialer = dialers.dialerFor(undefined);
    const parts = { services: directory, strangers, activity, clock, random, logger, observer, dialer };
    return new TcpForwarder({ ...parts, newConnectionId });
  };
  const program = ownCommand(callingOf(environment));
  const forwarder = new Forwarder({
    services: directory,
    clock,
    logger,
    observer,
    replayBudget,
    strangers,
    forwardProxy,
    tcpForwarder,
    instanceId: randomUUID().slice(0, 8),
    newRequestId: randomUUID,
    consulDomain,
    tracer: tracing?.tracer,
    addressesOf: (name) =>
      listeners.doors.filter(({ service }) => service === name).map(({ address }) => address),
    typed: (command) =>
      `${program} ${command}${lifecycle.adminAt === undefined ? '' : adminFlag(lifecycle.adminAt)}`,
  });
  const accepting = {
    connected: () => room.clientConnected(),
    fault: (error: unknown) => {
      if (!room.listenerFailed(error)) fault(error);
    },
  };
  const listenerTls = new ListenerTls({ clock: systemClock, logger });
  (await listenerTls.prepare(config)).commit();
  const listeners = new Listeners(
    {
      http: (address, service) =>
        new HttpListener({
          ...accepting,
          address,
          service,
          tls: () => listenerTls.termination,
          maxHeaderBytes: config.limits.requestHeaders,
          forward: (exchange) => forwarder.forward(exchange),
          refused: (error) => refuse(error, { clock, observer, newRequestId: randomUUID }),
          clock,
        }),
      tcp: async (address, service) => {
        const { TcpListener } = loadTcpModules();
        const tcp = await tcpForwarder();
        return new TcpListener(
          { ...accepting, address, forward: (client, wanted) => tcp.forward(client, serviceNamed(wanted)) },
          service,
        );
      },
    },
    logger,
    judgeAgain,
  );
  const admin = new AdminServer({
    pages: dashboardRoutes,
    address: config.admin.listen,
    token: await readAdminToken(config.admin),
    allowedHosts: config.admin.allowedHosts,
    services,
    consulDomain,
    forwardProxy,
    openRef: async (ref, fields) => directory.find(ref, fields) ?? directory.open(ref),
    overrides: {
      open: (ref) => directory.openForOverride(ref),
      objectionTo: (place) => objectionTo(place, addresses),
    },
    knownNames: () =>
      [
        ...new Set([...inForce().services.keys(), ...(isOnDemand(inForce()) ? consul.catalog.names() : [])]),
      ].sort(),
    listening: () => listeners.doors,
    readiness: {
      state: () =>
        readiness({
          ...lifecycle,
          declared: [...config.services.keys()]
            // What a reload adds must not make a process unready that others are served by.
            .filter((name) => inForce().services.has(name))
            .map((name) => ({ name, hasTable: services().get(name)?.feed.table !== undefined })),
          catalogAnswered: ![config, inForce()].every(isOnDemand) || consul.catalog.answered,
          catalogFailure: observation.consulStatus.state.detail,
          hasSnapshot: saved.size > 0,
        }),
    },
    metrics,
    config: () => inForce().shown,
    settings: () => settingsOf(inForce().shown, inForce().origins),
    configuration: () => ({
      ...reloader.state(),
      kv: kvKey === undefined || kv === undefined ? null : kvView(kvKey, kv),
    }),
    stats: observation.stats,
    timeline: observation.timeline,
    registration: () => registration?.state,
    consul: { address: config.consul.address, state: () => observation.consulStatus.state },
    snapshotFault: () => snapshot?.fault,
    faults: () => allFaults(faults.summary(), listenerFaults.summary()),
    logLevel: {
      state: () => logLevels.state(),
      set: (level, forMs) => logLevels.set(level, forMs),
    },
    version: VERSION,
    host: hostname(),
    startedAt: clock.wallTime(),
    reload: (operator) => reloader.reload({ kind: 'operator', operator }),
    clock,
    logger,
  });
  const reconfigurable = {
    admit: (wanted: Config) => {
      strangers.admit(strangerRules(wanted, consulDomain));
      forwardProxy.admit(proxyRules(wanted));
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

function learnSecrets({ hidden }: Config): void {
  for (const secret of secretsBehind(hidden)) secrets.learn(secret);
}

function isOnDemand({ discovery }: Config): boolean {
  return discovery.services === 'onDemand';
}

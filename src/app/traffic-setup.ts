// The way in: who may call, the listeners, and what forwards that which arrives there.

import { randomUUID } from 'node:crypto';
import type { Environment } from '../config/substitution.ts';
import type { Config } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import type { CompleteObserver } from '../core/events.ts';
import type { Logger } from '../core/logger.ts';
import type { Random } from '../core/random.ts';
import { systemClock } from '../core/system-clock.ts';
import { serviceNamed } from '../discovery/service-ref.ts';
import { HttpListener } from '../listener/http-listener.ts';
import type { Tracing } from '../observe/tracing/tracing.ts';
import { Forwarder } from '../proxy/forward.ts';
import { ForwardProxy } from '../proxy/forward-proxy.ts';
import { refuse } from '../proxy/refusal.ts';
import type { ReplayBudget } from '../proxy/replay-budget.ts';
import { Strangers } from '../proxy/strangers.ts';
import type { ServiceDirectory } from '../service/service-directory.ts';
import { adminFlag } from './admin-flag.ts';
import type { DescriptorRoom } from './descriptor-room.ts';
import type { Dialers } from './dialers.ts';
import type { Lifecycle } from './lifecycle.ts';
import { ListenerTls } from './listener-tls.ts';
import { Listeners } from './listeners.ts';
import { callingOf, ownCommand } from './own-command.ts';
import { forwardProxyRules, strangerRules } from './stranger-rules.ts';
import { loadTcpModules } from './tcp-modules.ts';

export interface TrafficParts {
  /** That of the start. */
  readonly config: Config;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly observer: CompleteObserver;
  readonly lifecycle: Lifecycle;
  readonly directory: ServiceDirectory;
  readonly dialers: Dialers;
  readonly replayBudget: ReplayBudget;
  readonly room: DescriptorRoom;
  readonly tracing: Tracing | undefined;
  /** Without dots at its ends. */
  readonly consulDomain: string;
  readonly fault: (error: unknown) => void;
  /** Called when the addresses that are listened at have changed. */
  readonly listenersChanged: () => void;
}

export interface Traffic {
  readonly forwarder: Forwarder;
  readonly forwardProxy: ForwardProxy;
  readonly listenerTls: ListenerTls;
  readonly listeners: Listeners;
  /** Lets in by the rules of another configuration from now on. */
  admit(wanted: Config): void;
}

/** @throws Error when a certificate of the listeners cannot be read */
export async function setUpTraffic(parts: TrafficParts): Promise<Traffic> {
  const { config, clock, random, logger, observer, lifecycle, directory, room, consulDomain, fault } = parts;
  const strangers = new Strangers(strangerRules(config, consulDomain));
  const proxyRules = (wanted: Config) => forwardProxyRules(wanted, consulDomain, () => listeners.ports);
  const forwardProxy = new ForwardProxy(proxyRules(config));
  const tcpForwarder = async () => {
    const { TcpForwarder } = loadTcpModules();
    return new TcpForwarder({
      services: directory,
      strangers,
      activity: forwarder.activity,
      clock,
      random,
      logger,
      observer,
      dialer: parts.dialers.dialerFor(undefined),
      newConnectionId: randomUUID,
    });
  };
  const program = ownCommand(callingOf(parts.environment));
  const forwarder = new Forwarder({
    services: directory,
    clock,
    logger,
    observer,
    replayBudget: parts.replayBudget,
    strangers,
    forwardProxy,
    tcpForwarder,
    lifecycle,
    instanceId: randomUUID().slice(0, 8),
    newRequestId: randomUUID,
    consulDomain,
    tracer: parts.tracing?.tracer,
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
          refused: (error, contentType) =>
            refuse(error, contentType, { clock, observer, newRequestId: randomUUID }),
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
    parts.listenersChanged,
  );
  return {
    forwarder,
    forwardProxy,
    listenerTls,
    listeners,
    admit: (wanted) => {
      strangers.admit(strangerRules(wanted, consulDomain));
      forwardProxy.admit(proxyRules(wanted));
    },
  };
}

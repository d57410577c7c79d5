// Puts another configuration in force in a running ambassador: first everything that may fail, beside what is in
// force; then, within one turn of the event loop, all the rest.

import { isDeepStrictEqual } from 'node:util';
import type { AdminServer } from '../admin/admin-server.ts';
import { ConfigError } from '../config/problem.ts';
import type { AccessLogConfig, Config, LogLevel } from '../config/types.ts';
import { messageOf } from '../core/errors.ts';
import { CannotListen } from '../listener/cannot-listen.ts';
import type { ResponseStore } from '../policy/stale/response-store.ts';
import type { ReplayBudget } from '../proxy/replay-budget.ts';
import type { DirectorySettings } from '../service/directory-settings.ts';
import type { ServiceDirectory } from '../service/service-directory.ts';
import type { AccessLogParts } from './access-log-setup.ts';
import type { AccessLogSlot } from './access-log-slot.ts';
import { readAdminToken } from './admin-token.ts';
import type { Dialers } from './dialers.ts';
import { FileProblem } from './file-problem.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { ListenerTls } from './listener-tls.ts';
import type { Listeners } from './listeners.ts';
import type { ServiceFactory } from './service-factory.ts';
import { loadTcpModules, needsTcp } from './tcp-modules.ts';
import type { Translations } from './translations.ts';

export interface ReconfigurableParts {
  /** How messages name the file. */
  readonly file: string;
  readonly lifecycle: Lifecycle;
  readonly listeners: Listeners;
  readonly directory: ServiceDirectory;
  readonly services: ServiceFactory;
  readonly dialers: Dialers;
  readonly translations: Translations;
  readonly listenerTls: ListenerTls;
  readonly admin: AdminServer;
  readonly accessLog: AccessLogSlot;
  readonly replayBudget: ReplayBudget;
  readonly responseStore: ResponseStore;
  /** @throws Error when its file cannot be written */
  readonly openAccessLog: (config: AccessLogConfig) => Promise<AccessLogParts | undefined>;
  readonly setLogLevel: (level: LogLevel) => void;
  /** Decides from now on by this configuration who may call what. */
  readonly admit: (config: Config) => void;
}

/**
 * @param inForce what is replaced
 * @throws ConfigError naming the key that stands in the way; then nothing has changed
 */
export async function reconfigure(parts: ReconfigurableParts, inForce: Config, next: Config): Promise<void> {
  const prepared = await prepare(parts, inForce, next);
  if (parts.lifecycle.draining) {
    prepared.abort();
    throw problem(parts, '', new Error('the ambassador is stopping'));
  }
  try {
    putInForce(parts, next);
  } catch (error) {
    prepared.abort();
    putInForce(parts, inForce);
    throw error;
  }
  const { admin, setLogLevel } = parts;
  admin.admit({ token: prepared.adminToken, allowedHosts: next.admin.allowedHosts });
  if (next.logLevel !== inForce.logLevel) setLogLevel(next.logLevel);
  prepared.commit();
}

/** What can be exchanged as often as one likes, and back. */
function putInForce(parts: ReconfigurableParts, config: Config): void {
  const { directory, replayBudget, responseStore, services } = parts;
  services.reconfigure(config);
  directory.reconfigure(directorySettings(config), (service, ref) => services.bringInLine(service, ref));
  replayBudget.resize(config.limits.replayBuffers);
  responseStore.resize(config.limits.storedResponses);
  parts.admit(config);
}

export function isOnDemand({ discovery }: Config): boolean {
  return discovery.services === 'onDemand';
}

export function directorySettings(config: Config): DirectorySettings {
  const { services, discovery } = config;
  return {
    declared: [...services.values()].map(({ name, discover }) => ({
      name,
      datacenter: discover !== undefined && 'consul' in discover ? discover.consul.datacenter : undefined,
      fromConsul: discover === undefined || 'consul' in discover,
    })),
    onDemand: isOnDemand(config),
    firstAnswerTimeoutMs: discovery.firstAnswerTimeout,
    idleTimeoutMs: discovery.idleTimeout,
    maxWatches: discovery.maxWatches,
  };
}

interface Prepared {
  readonly adminToken: string | undefined;
  commit(): void;
  abort(): void;
}

async function prepare(parts: ReconfigurableParts, inForce: Config, next: Config): Promise<Prepared> {
  const adminToken = await readAdminToken(next.admin).catch((error) => {
    throw problem(parts, 'admin.tokenFile', error);
  });
  const sameAccessLog = isDeepStrictEqual(inForce.accessLog, next.accessLog);
  const accessLog = sameAccessLog
    ? undefined
    : await parts.openAccessLog(next.accessLog).catch((error) => {
        throw problem(parts, 'accessLog.file', error);
      });
  const abort = () => {
    parts.dialers.retain(inForce);
    parts.translations.retain(inForce);
    void accessLog?.close();
  };
  await parts.dialers.prepare(next).catch((error) => {
    abort();
    throw error instanceof FileProblem ? problem(parts, error.key, error.cause) : error;
  });
  await parts.translations.prepare(next).catch((error) => {
    abort();
    throw error instanceof FileProblem ? problem(parts, error.key, error.cause) : error;
  });
  if (needsTcp(next)) parts.services.offerTcp(loadTcpModules());
  const listenerTls = await parts.listenerTls.prepare(next).catch((error) => {
    abort();
    throw error instanceof FileProblem ? problem(parts, error.key, error.cause) : error;
  });
  const listeners = await parts.listeners.prepare(next).catch((error) => {
    abort();
    listenerTls.abort();
    throw problem(parts, error instanceof CannotListen ? error.key : '', error);
  });
  return {
    adminToken,
    commit: () => {
      listenerTls.commit();
      listeners.commit();
      parts.dialers.retain(next);
      parts.translations.retain(next);
      if (!sameAccessLog) void parts.accessLog.exchange(accessLog);
    },
    abort: () => {
      abort();
      listenerTls.abort();
      listeners.abort();
    },
  };
}

function problem({ file }: ReconfigurableParts, path: string, cause: unknown): ConfigError {
  const message = messageOf(cause);
  return new ConfigError([{ file, line: undefined, column: undefined, path, message }], cause);
}

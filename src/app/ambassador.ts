// The life of the process: what is started, in which order, and how it stops.

import type { AdminServer } from '../admin/admin-server.ts';
import type { ReloadReport } from '../admin/configuration-view.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { sleep } from '../core/sleep.ts';
import { formatAddress, isLoopback } from '../listener/listener.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import type { Tracing } from '../observe/tracing/tracing.ts';
import type { Forwarder } from '../proxy/forward.ts';
import type { ServiceDirectory } from '../service/service-directory.ts';
import type { AccessLogSlot } from './access-log-slot.ts';
import type { ConfigReloader } from './config-reloader.ts';
import type { ConsulParts } from './consul-setup.ts';
import type { FileWatch } from './file-watch.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Listeners } from './listeners.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';

/** What the last spans have even when requests took all the time there was: those tell why, in milliseconds. */
const LAST_SPANS_MS = 500;

export interface AmbassadorParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly consul: ConsulParts;
  readonly directory: ServiceDirectory;
  readonly forwarder: Forwarder;
  readonly listeners: Listeners;
  readonly admin: AdminServer;
  readonly accessLog: AccessLogSlot;
  readonly tracing: Tracing | undefined;
  readonly snapshot: SnapshotKeeper | undefined;
  readonly reloader: ConfigReloader;
  /** Undefined when there is no file. */
  readonly watch: FileWatch | undefined;
}

/** Where a started ambassador can be reached. */
export interface BoundAddresses {
  readonly traffic: readonly ListenAddress[];
  readonly admin: ListenAddress;
}

export class Ambassador {
  readonly #parts: AmbassadorParts;

  constructor(parts: AmbassadorParts) {
    this.#parts = parts;
  }

  /**
   * Binds, then asks: whoever waits for readiness can see from the first moment what is waited for.
   * @throws Error naming the address that cannot be bound
   */
  async start(): Promise<BoundAddresses> {
    const { admin, directory, listeners, lifecycle, logger, reloader, snapshot, watch } = this.#parts;
    const adminAt = await admin.listen();
    lifecycle.adminAt = adminAt;
    logger.info({ address: formatAddress(adminAt) }, `admin API on ${formatAddress(adminAt)}`);
    if (!isLoopback(adminAt)) {
      logger.warn(
        { address: formatAddress(adminAt) },
        `the admin API at ${formatAddress(adminAt)} is not loopback: everyone who reaches it can read what it shows`,
      );
    }
    try {
      directory.start();
      snapshot?.start();
      const change = await listeners.prepare(reloader.inForce);
      change.commit();
      lifecycle.listening = true;
      await watch?.start();
      return { traffic: change.bound, admin: adminAt };
    } catch (error) {
      await this.#close(0);
      throw error;
    }
  }

  /** Reads the configuration again, as on SIGHUP. Never rejects. */
  reload(): Promise<ReloadReport> {
    return this.#parts.reloader.reload({ kind: 'signal' });
  }

  /** Readiness goes first, then open requests finish, then what is left is cut. Never rejects. */
  async stop(): Promise<void> {
    const { clock, forwarder, lifecycle, listeners, logger, reloader, watch } = this.#parts;
    const drainTimeoutMs = reloader.inForce.drain.timeout;
    lifecycle.draining = true;
    watch?.close();
    logger.info({ open: forwarder.active }, `stopping; ${forwarder.active} requests are open`);
    const drained = forwarder.drain();
    listeners.close();
    const patience = new AbortController();
    const stoppedAt = clock.now();
    await Promise.race([drained, sleep(clock, drainTimeoutMs, patience.signal)]);
    patience.abort();
    if (forwarder.active > 0) {
      logger.warn(
        { cut: forwarder.active },
        `${forwarder.active} requests were still open after ${drainTimeoutMs} ms and are cut`,
      );
    }
    listeners.destroy();
    await this.#close(Math.max(LAST_SPANS_MS, stoppedAt + drainTimeoutMs - clock.now()));
    logger.info({}, 'stopped');
  }

  /** @param withinMs how long the last spans may take */
  async #close(withinMs: number): Promise<void> {
    const { accessLog, admin, consul, directory, snapshot, tracing } = this.#parts;
    await snapshot?.close();
    directory.close();
    consul.close();
    await admin.close();
    await accessLog.close();
    await tracing?.exporter.close(withinMs);
  }
}

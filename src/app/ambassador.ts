// The life of the process: what is started, in which order, and how it stops.

import type { AccessLog } from '../access-log/access-log.ts';
import type { AdminServer } from '../admin/admin-server.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { sleep } from '../core/sleep.ts';
import { formatAddress, isLoopback } from '../listener/listener.ts';
import type { Forwarder } from '../proxy/forward.ts';
import type { ListenAddress } from '../schema/listen-address.ts';
import type { ServiceDirectory } from '../service/service-directory.ts';
import type { ConsulParts } from './consul-setup.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Listeners } from './listeners.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';

export interface AmbassadorParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly consul: ConsulParts;
  readonly directory: ServiceDirectory;
  readonly forwarder: Forwarder;
  readonly listeners: Listeners;
  readonly admin: AdminServer;
  readonly accessLog: AccessLog | undefined;
  readonly snapshot: SnapshotKeeper | undefined;
  /** How long open requests may go on once it stops, in milliseconds. */
  readonly drainTimeoutMs: number;
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
    const { admin, consul, directory, listeners, lifecycle, logger, snapshot } = this.#parts;
    const adminAt = await admin.listen();
    logger.info({ address: formatAddress(adminAt) }, `admin API on ${formatAddress(adminAt)}`);
    if (!isLoopback(adminAt)) {
      logger.warn(
        { address: formatAddress(adminAt) },
        `the admin API at ${formatAddress(adminAt)} is not loopback: everyone who reaches it can read what it shows`,
      );
    }
    try {
      consul.catalog.start();
      directory.start();
      snapshot?.start();
      const traffic = await listeners.open();
      lifecycle.listening = true;
      return { traffic, admin: adminAt };
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  /** Readiness goes first, then open requests finish, then what is left is cut. Never rejects. */
  async stop(): Promise<void> {
    const { clock, forwarder, lifecycle, listeners, logger, drainTimeoutMs } = this.#parts;
    lifecycle.draining = true;
    logger.info({ open: forwarder.active }, `stopping; ${forwarder.active} requests are open`);
    const drained = forwarder.drain();
    listeners.close();
    const patience = new AbortController();
    await Promise.race([drained, sleep(clock, drainTimeoutMs, patience.signal)]);
    patience.abort();
    if (forwarder.active > 0) {
      logger.warn(
        { cut: forwarder.active },
        `${forwarder.active} requests were still open after ${drainTimeoutMs} ms and are cut`,
      );
    }
    listeners.destroy();
    await this.#close();
    logger.info({}, 'stopped');
  }

  async #close(): Promise<void> {
    const { accessLog, admin, consul, directory, snapshot } = this.#parts;
    await snapshot?.close();
    directory.close();
    consul.close();
    await admin.close();
    accessLog?.close();
  }
}

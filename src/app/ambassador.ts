// The life of the process: what is started, in which order, and how it stops.

import type { AdminServer } from '../admin/admin-server.ts';
import type { ReloadReport } from '../admin/configuration-view.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { nextTurn } from '../core/next-turn.ts';
import { sleep } from '../core/sleep.ts';
import type { ConsulKv } from '../discovery/consul/consul-kv.ts';
import { formatAddress, isLoopback } from '../listener/listener.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import type { Tracing } from '../observe/tracing/tracing.ts';
import type { Forwarder } from '../proxy/forward.ts';
import type { LocalRegistration } from '../registration/local-registration.ts';
import type { ServiceDirectory } from '../service/service-directory.ts';
import type { AccessLogSlot } from './access-log-slot.ts';
import type { ConfigReloader } from './config-reloader.ts';
import type { ConsulParts } from './consul-setup.ts';
import type { Dialers } from './dialers.ts';
import { isDrained } from './draining.ts';
import type { FileWatch } from './file-watch.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { ListenerTls } from './listener-tls.ts';
import type { Listeners } from './listeners.ts';
import type { SnapshotKeeper } from './snapshot-keeper.ts';
import type { Translations } from './translations.ts';

/** What the last spans have even when requests took all the time there was: those say why, in milliseconds. */
const LAST_SPANS_MS = 500;

/** The exporter of spans gives up so much earlier than the rest is given up, in milliseconds. */
const GIVE_UP_BEFORE_MS = 100;

/** How often it is seen whether callers are gone, in milliseconds. */
const LOOK_EVERY_MS = 50;

/** Of the event loop, for requests that are cut to be reported: sockets that are destroyed are closed in the next one or two. */
const MOST_TURNS_TO_END = 20;

/** How long the start waits for the part of the configuration in Consul KV, in milliseconds. */
const KV_WITHIN_MS = 3_000;

export interface AmbassadorParts {
  /** Says in the log which ambassador this is. */
  readonly announce: () => void;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifecycle: Lifecycle;
  readonly consul: ConsulParts;
  readonly dialers: Dialers;
  readonly translations: Translations;
  readonly listenerTls: ListenerTls;
  readonly directory: ServiceDirectory;
  readonly forwarder: Forwarder;
  readonly listeners: Listeners;
  readonly admin: AdminServer;
  readonly accessLog: AccessLogSlot;
  readonly tracing: Tracing | undefined;
  readonly snapshot: SnapshotKeeper | undefined;
  readonly reloader: ConfigReloader;
  /** Undefined when no application is to be registered. */
  readonly registration: LocalRegistration | undefined;
  /** Undefined when no part of the configuration is in Consul. */
  readonly kv: ConsulKv | undefined;
  /** Undefined when there is no file. */
  readonly watch: FileWatch | undefined;
}

/** Where a started ambassador can be reached. */
export interface BoundAddresses {
  readonly traffic: readonly ListenAddress[];
  readonly admin: ListenAddress;
}

export interface StopOptions {
  /** Whether the application may still be shutting down, and call. */
  readonly applicationMayCall: boolean;
}

export class Ambassador {
  readonly #parts: AmbassadorParts;

  constructor(parts: AmbassadorParts) {
    this.#parts = parts;
  }

  /**
   * Binds, then asks Consul: who waits for readiness sees from the first moment what is missing.
   * @throws Error naming the address that cannot be bound
   */
  async start(): Promise<BoundAddresses> {
    const { admin, directory, kv, listeners, lifecycle, logger, registration } = this.#parts;
    const { reloader, snapshot, watch } = this.#parts;
    this.#parts.announce();
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
      await kv?.start(KV_WITHIN_MS);
      const change = await listeners.prepare(reloader.inForce);
      change.commit();
      lifecycle.listening = true;
      await watch?.start();
      registration?.start();
      return { traffic: change.bound, admin: adminAt };
    } catch (error) {
      await this.#close(LAST_SPANS_MS);
      throw error;
    }
  }

  /** Reads the configuration again, as on SIGHUP. Never rejects. */
  reload(): Promise<ReloadReport> {
    return this.#parts.reloader.reload({ kind: 'signal' });
  }

  /** The application beside us is about to end: others are to call it no more. */
  withdraw(): void {
    void this.#parts.registration?.drain();
  }

  /**
   * Readiness goes first. Clients are served until nothing more is to be expected of them, at most `drain.timeout`; what
   * is left is cut. Ends within `drain.timeout` and a second, whatever disks and other programs do. Never rejects.
   */
  async stop({ applicationMayCall }: StopOptions): Promise<void> {
    const { clock, forwarder, kv, lifecycle, listeners, logger, reloader, watch } = this.#parts;
    const { timeout } = reloader.inForce.drain;
    const deadline = clock.now() + timeout;
    lifecycle.draining = true;
    this.withdraw();
    watch?.close();
    kv?.close();
    reloader.close();
    listeners.drain();
    forwarder.goAway();
    logger.info({ open: forwarder.active }, `stopping; ${forwarder.active} requests are open`);
    await this.#untilDrained(deadline, applicationMayCall);
    lifecycle.cutting = true;
    listeners.close();
    if (forwarder.active > 0) {
      logger.warn(
        { cut: forwarder.active },
        `${forwarder.active} requests were still open after ${timeout} ms and are cut`,
      );
    }
    forwarder.goAway();
    listeners.destroy();
    await this.#untilReported();
    await this.#close(Math.max(LAST_SPANS_MS, deadline - clock.now()));
    logger.info({}, 'stopped');
  }

  async #untilDrained(deadline: number, applicationMayCall: boolean): Promise<void> {
    const { clock, forwarder, listeners } = this.#parts;
    const since = clock.now();
    for (;;) {
      const now = clock.now();
      const quietForMs = now - Math.max(since, forwarder.activity.lastActiveAt);
      const { active } = forwarder;
      const { connections } = listeners;
      if (now >= deadline || isDrained({ active, connections, quietForMs }, applicationMayCall)) return;
      await sleep(clock, Math.min(LOOK_EVERY_MS, deadline - now));
    }
  }

  /** What is cut ends in one of the next turns of the event loop, and is reported then: the access log must still be open. */
  async #untilReported(): Promise<void> {
    const { forwarder } = this.#parts;
    for (let turn = 0; forwarder.active > 0 && turn < MOST_TURNS_TO_END; turn++) await nextTurn();
    // Its line is made in the turn after.
    await nextTurn();
  }

  /** @param withinMs how long it may take, the last spans above all */
  async #close(withinMs: number): Promise<void> {
    const { clock, logger } = this.#parts;
    const limit = new AbortController();
    const closed = this.#closeAll(withinMs).then(
      () => limit.abort(),
      (error: unknown) => {
        logger.error({ err: error }, `not everything could be closed: ${messageOf(error)}`);
        limit.abort();
      },
    );
    await Promise.race([closed, sleep(clock, withinMs, limit.signal)]);
    if (!limit.signal.aborted) logger.warn({}, `not everything could be closed within ${withinMs} ms`);
  }

  async #closeAll(withinMs: number): Promise<void> {
    const {
      accessLog,
      admin,
      consul,
      dialers,
      directory,
      listenerTls,
      registration,
      snapshot,
      tracing,
      translations,
    } = this.#parts;
    const discovery = async () => {
      // What it writes last is what the directory holds.
      await Promise.all([snapshot?.close(), registration?.close(withinMs - GIVE_UP_BEFORE_MS)]);
      directory.close();
      consul.close();
      dialers.close();
      translations.close();
      listenerTls.close();
    };
    await Promise.all([
      discovery(),
      admin.close(),
      accessLog.close(),
      tracing?.exporter.close(withinMs - GIVE_UP_BEFORE_MS),
    ]);
  }
}

// The overview as it is now.

import type { AdminDependencies } from './dependencies.ts';
import { EventLoopLag } from './event-loop-lag.ts';
import type { Overview } from './overview-view.ts';
import { consulView, serviceOverview, snapshotFaultView } from './overview-view.ts';
import { registrationView } from './registration-view.ts';

export class OverviewSource {
  readonly #dependencies: AdminDependencies;
  readonly #lag = new EventLoopLag();

  constructor(dependencies: AdminDependencies) {
    this.#dependencies = dependencies;
  }

  /** While a client watches, the event loop is measured too. */
  watch(watched: boolean): void {
    if (watched) this.#lag.start();
    else this.#lag.stop();
  }

  overview(): Overview {
    const {
      clock,
      services,
      stats,
      consul,
      registration,
      configuration,
      faults,
      snapshotFault,
      listening,
      readiness,
      knownNames,
      version,
      host,
      operators,
      startedAt,
      standing,
    } = this.#dependencies;
    const now = { monotonic: clock.now(), wall: clock.wallTime() };
    return {
      at: new Date(now.wall).toISOString(),
      version,
      host,
      operators: operators(),
      startedAt: new Date(startedAt).toISOString(),
      rssBytes: process.memoryUsage.rss(),
      eventLoopLagMs: this.#lag.readMs(),
      listening: listening(),
      readiness: readiness.state(),
      consul: consulView(consul.state(), consul.address),
      registration: registrationView(registration()),
      configuration: configuration(),
      faults: faults(),
      snapshotFault: snapshotFaultView(snapshotFault()),
      standing: standing.inForce(),
      requests: stats.total(),
      services: [...services().values()]
        .map((service) => serviceOverview(service, stats, now))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      known: knownNames(),
    };
  }
}

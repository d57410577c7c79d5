// The overview, made at most once a second however many look: with many endpoints it is not cheap.

import type { AdminDependencies } from './dependencies.ts';
import type { Overview } from './overview-view.ts';
import { consulView, serviceOverview } from './overview-view.ts';
import { ProcessProbe } from './process-view.ts';

/** A little less than a second, so that who asks every second gets a new one. */
const FRESH_MS = 900;

export class OverviewSource {
  readonly #dependencies: AdminDependencies;
  readonly #probe = new ProcessProbe();
  #last: { readonly overview: Overview; readonly json: string; readonly at: number } | undefined;

  constructor(dependencies: AdminDependencies) {
    this.#dependencies = dependencies;
  }

  /** The overview as JSON. */
  json(): string {
    const now = this.#dependencies.clock.now();
    if (this.#last === undefined || now - this.#last.at >= FRESH_MS) {
      const overview = this.#make();
      this.#last = { overview, json: JSON.stringify(overview), at: now };
    }
    return this.#last.json;
  }

  close(): void {
    this.#probe.close();
  }

  #make(): Overview {
    const { clock, services, stats, consul, configuration, readiness, knownNames, version, startedAt } =
      this.#dependencies;
    const now = { monotonic: clock.now(), wall: clock.wallTime() };
    return {
      at: new Date(now.wall).toISOString(),
      version,
      startedAt: new Date(startedAt).toISOString(),
      ...this.#probe.read(),
      readiness: readiness.state(),
      consul: consulView(consul.state(), consul.address),
      configuration: configuration(),
      requests: stats.total(),
      services: [...services().values()]
        .map((service) => serviceOverview(service, stats, now))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      known: knownNames(),
    };
  }
}

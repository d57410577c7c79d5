// Whether the endpoints of one upstream are checked, and how: what checks them is loaded with the first that are.

import { isDeepStrictEqual } from 'node:util';
import { loadModule } from '../core/load-module.ts';
import type { Transport } from '../http/attempt.ts';
import type { HealthChecks, HealthChecksParts } from './health/health-checks.ts';
import type { HealthCheckOptions } from './health/health-options.ts';
import type { UpstreamEndpoint } from './upstream-endpoint.ts';

/** What is to be checked, and how; undefined for nothing. */
export interface Supervised {
  readonly options: HealthCheckOptions | undefined;
  readonly transport: Transport;
  readonly members: Iterable<UpstreamEndpoint>;
}

export class HealthSupervision {
  readonly #parts: HealthChecksParts;
  readonly #supervised: () => Supervised | undefined;
  #checks:
    | { readonly checks: HealthChecks; readonly options: HealthCheckOptions; readonly transport: Transport }
    | undefined;

  /** @param supervised read whenever something may have changed; undefined once nothing is watched any more */
  constructor(parts: HealthChecksParts, supervised: () => Supervised | undefined) {
    this.#parts = parts;
    this.#supervised = supervised;
  }

  /** Something may have changed. Called at every interval of outlier detection too. */
  tend(): void {
    const supervised = this.#supervised();
    const options = supervised?.options;
    if (supervised === undefined || options === undefined) {
      this.#stop();
      // Who is out by checks that there are no longer comes back; an upstream that is closed stays as it is.
      if (supervised !== undefined) this.#parts.detector.checksEnded(this.#parts.clock.now());
      return;
    }
    const { transport, members } = supervised;
    if (this.#checks?.transport !== transport || !isDeepStrictEqual(this.#checks.options, options)) {
      this.#stop();
      const { HealthChecks } = loadModule<typeof import('./health/health-checks.ts')>(
        './health/health-checks.ts',
        import.meta.url,
      );
      const checks = new HealthChecks(options, transport, this.#parts);
      this.#checks = { checks, options, transport };
    }
    this.#checks.checks.follow(members);
  }

  #stop(): void {
    this.#checks?.checks.stop();
    this.#checks = undefined;
  }
}

// Endpoints that discovery does not list any more, while attempts are under way there: nothing cuts these off, and an
// operator should see them.

import type { UpstreamEndpoint } from './upstream-endpoint.ts';

export class LeavingEndpoints {
  readonly #leaving = new Set<UpstreamEndpoint>();

  add(upstream: UpstreamEndpoint): void {
    upstream.deregistered = true;
    if (upstream.inFlight > 0) this.#leaving.add(upstream);
  }

  /** Those that are still busy. */
  get busy(): Iterable<UpstreamEndpoint> {
    this.forgetIdle();
    return this.#leaving;
  }

  forgetIdle(): void {
    for (const upstream of this.#leaving) {
      if (upstream.inFlight === 0) this.#leaving.delete(upstream);
    }
  }
}

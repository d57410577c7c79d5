// A registry that lost its data learns of a service's instances again one by one, and lists the first for seconds as if it
// were the only one. Until the service is whole again, what is listed and what was known are used together. Pure.

import type { Endpoint } from '../../endpoint/endpoint.ts';
import { isSamePlace, unusableReason } from '../../endpoint/endpoint.ts';

/** After so long without an instance that came back no more are waited for, in milliseconds. An agent registers its services again within about a minute. */
export const RESTORE_QUIET_MS = 120_000;

/** However many still come back, in milliseconds. */
export const RESTORE_WITHIN_MS = 600_000;

export class Restoration {
  /** What was in use when the data was lost. */
  readonly #known: ReadonlyMap<string, Endpoint>;
  readonly #beganAt: number;
  /** The ids that were seen in use again. */
  readonly #back = new Set<string>();
  #newcomerAt: number;
  #whole = false;

  /** @param now monotonic milliseconds, here and below */
  constructor(known: readonly Endpoint[], now: number) {
    const usable = known.filter((endpoint) => unusableReason(endpoint) === undefined);
    this.#known = new Map(usable.map((endpoint) => [endpoint.id, endpoint]));
    this.#beganAt = now;
    this.#newcomerAt = now;
  }

  /** As many instances can be used as before: from now on what the registry lists counts alone. */
  get isWhole(): boolean {
    return this.#whole;
  }

  /** When it is over even if nothing comes any more. */
  get endsAt(): number {
    return Math.min(this.#newcomerAt + RESTORE_QUIET_MS, this.#beganAt + RESTORE_WITHIN_MS);
  }

  /**
   * What to use beside and in place of what is listed: an instance that is registered again is critical until its first
   * check has run.
   */
  merge(listed: readonly Endpoint[], now: number): readonly Endpoint[] {
    let usable = 0;
    for (const endpoint of listed) {
      if (unusableReason(endpoint) === undefined) usable++;
      if (!isBack(endpoint) || this.#back.has(endpoint.id)) continue;
      this.#back.add(endpoint.id);
      this.#newcomerAt = now;
    }
    const listedIds = new Set(listed.map(({ id }) => id));
    const missing = [...this.#known.values()].filter(({ id }) => !this.#back.has(id));
    this.#whole = usable >= this.#known.size || missing.length === 0;
    if (this.#whole) return listed;
    const merged = listed.map((endpoint) => {
      const known = this.#back.has(endpoint.id) ? undefined : this.#known.get(endpoint.id);
      // Registered elsewhere now, it is another instance.
      return known === undefined || !isSamePlace(known, endpoint) ? endpoint : remembered(known);
    });
    return [...merged, ...missing.filter(({ id }) => !listedIds.has(id)).map(remembered)];
  }
}

/** A check may not have run yet; maintenance is an operator's word. */
function isBack(endpoint: Endpoint): boolean {
  const reason = unusableReason(endpoint);
  return reason === undefined || reason === 'maintenance';
}

function remembered(endpoint: Endpoint): Endpoint {
  return endpoint.remembered === true ? endpoint : { ...endpoint, remembered: true };
}

// Stages that keep state of their own, across the reloads of a service: a rate limit's tokens, the latencies and the budget
// of hedging, the calls that share a response. A stage is kept for as long as its route and its settings are the same.

import { isDeepStrictEqual } from 'node:util';
import type { Stage } from '../policy/call.ts';
import type { RouteMatch } from './route-match.ts';

export type KeptKind = 'rateLimit' | 'hedging' | 'coalescing';

interface KeptStage {
  readonly kind: KeptKind;
  /** Undefined for the service's own route. */
  readonly route: RouteMatch | undefined;
  readonly settings: unknown;
  readonly stage: Stage;
}

export class KeptStages {
  readonly #previous: readonly KeptStage[];
  readonly #stages: KeptStage[] = [];

  /** @param previous those of the policy before; undefined for the first */
  constructor(previous: KeptStages | undefined) {
    this.#previous = previous === undefined ? [] : previous.#stages;
  }

  /**
   * For calls of a route that go to one destination of a chain: they share the route's rate limit and nothing else, since
   * responses and latencies of one destination are not those of another.
   */
  forDestination(): Pick<KeptStages, 'keep'> {
    return {
      keep: (kind, route, settings, make) => {
        if (kind !== 'rateLimit') return make();
        const same = (kept: KeptStage): boolean =>
          kept.kind === kind &&
          isDeepStrictEqual(kept.route, route) &&
          isDeepStrictEqual(kept.settings, settings);
        return this.#stages.find(same)?.stage ?? this.keep(kind, route, settings, make);
      },
    };
  }

  /**
   * The stage of that kind that the route had before under the same settings, or a new one.
   * @param settings all that the stage depends on and that a configuration may change
   */
  keep(kind: KeptKind, route: RouteMatch | undefined, settings: unknown, make: () => Stage): Stage {
    const before = this.#previous.find(
      (kept) =>
        kept.kind === kind &&
        isDeepStrictEqual(kept.route, route) &&
        isDeepStrictEqual(kept.settings, settings),
    );
    const stage = before?.stage ?? make();
    this.#stages.push({ kind, route, settings, stage });
    return stage;
  }
}

// The decision of each request: the first route that matches, and by its weights one of that route's destinations.

import type { Random } from '../core/random.ts';
import type { ChainModel, Destination, Split } from './chain-model.ts';
import type { RequestMatch, RoutedRequest } from './request-match.ts';
import { matchesRequest } from './request-match.ts';

interface WeightedRoute {
  readonly match: RequestMatch | undefined;
  readonly splits: readonly Split[];
  readonly total: number;
}

export class Chain {
  readonly model: ChainModel;
  readonly #routes: readonly WeightedRoute[];
  readonly #random: Random;

  constructor(model: ChainModel, random: Random) {
    this.model = model;
    this.#random = random;
    this.#routes = model.routes.map(({ match, splits }) => ({
      match,
      splits,
      total: splits.reduce((sum, { weight }) => sum + weight, 0),
    }));
  }

  /** Every destination there is, each once. */
  get destinations(): readonly Destination[] {
    return this.#routes.flatMap(({ splits }) => splits.map(({ destination }) => destination));
  }

  /** Allocates nothing, but where a route goes by the query. */
  route(request: RoutedRequest): Destination {
    return this.#draw(this.#routes[this.routeIndex(request)] as WeightedRoute);
  }

  /** Where in the model's routes the one stands that a request takes. */
  routeIndex(request: RoutedRequest): number {
    // The last route of a model matches everything; a model without one sends what matches nothing the last way.
    const last = this.#routes.length - 1;
    for (let index = 0; index < last; index++) {
      const { match } = this.#routes[index] as WeightedRoute;
      if (match === undefined || matchesRequest(match, request)) return index;
    }
    return last;
  }

  #draw({ splits, total }: WeightedRoute): Destination {
    const last = (splits.at(-1) as Split).destination;
    if (splits.length === 1) return last;
    let drawn = this.#random() * total;
    for (const { weight, destination } of splits) {
      if (drawn < weight) return destination;
      drawn -= weight;
    }
    return last;
  }
}

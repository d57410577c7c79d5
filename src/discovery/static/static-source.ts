// Endpoints that the configuration itself names: always the same, always in force.

import type { Endpoint } from '../../endpoint/endpoint.ts';
import { authorityOf } from '../../endpoint/endpoint.ts';
import type { StaticEndpoint } from '../endpoint-options.ts';
import type { EndpointSink, EndpointSource } from '../source.ts';

export class StaticSource implements EndpointSource {
  readonly #endpoints: readonly Endpoint[];
  #stopped = false;

  constructor(endpoints: readonly StaticEndpoint[]) {
    this.#endpoints = endpoints.map((place) => ({
      ...place,
      id: authorityOf(place),
      health: 'passing',
      healthDetail: undefined,
      weight: 1,
      tags: [],
      meta: {},
      node: place.address,
      datacenter: undefined,
    }));
  }

  start(sink: EndpointSink): void {
    queueMicrotask(() => {
      if (!this.#stopped) sink.endpoints(this.#endpoints);
    });
  }

  stop(): void {
    this.#stopped = true;
  }
}

// The endpoints of a service in Consul's service mesh where it has any, and its plain ones until then. Never back: taking
// instances out of the mesh must not make calls go in the clear.

import type { Endpoint } from '../../endpoint/endpoint.ts';
import type { EndpointSink, EndpointSource } from '../source.ts';
import type { ConsulSourceDependencies } from './consul-source.ts';
import { ConsulSource } from './consul-source.ts';
import type { ConsulServiceQuery } from './service-query.ts';

export class AutoConnectSource implements EndpointSource {
  readonly #mesh: ConsulSource;
  readonly #plain: ConsulSource;
  #state: 'undecided' | 'plain' | 'mesh' = 'undecided';

  constructor(query: ConsulServiceQuery, dependencies: ConsulSourceDependencies) {
    this.#mesh = new ConsulSource({ ...query, connect: true }, dependencies);
    this.#plain = new ConsulSource({ ...query, connect: false }, dependencies);
  }

  start(sink: EndpointSink, lastKnown: readonly Endpoint[] = []): void {
    const inMesh = lastKnown.filter(({ spiffePath }) => spiffePath !== undefined);
    if (inMesh.length > 0) this.#state = 'mesh';
    this.#mesh.start(
      {
        endpoints: (endpoints, ...reliance) => {
          if (this.#state !== 'mesh' && endpoints.length === 0) this.#usePlain(sink, lastKnown);
          else {
            this.#state = 'mesh';
            this.#plain.stop();
            sink.endpoints(endpoints, ...reliance);
          }
        },
        failed: (failure) => {
          if (this.#state !== 'plain') sink.failed(failure);
        },
      },
      inMesh,
    );
  }

  stop(): void {
    this.#mesh.stop();
    this.#plain.stop();
  }

  #usePlain(sink: EndpointSink, lastKnown: readonly Endpoint[]): void {
    if (this.#state === 'plain') return;
    this.#state = 'plain';
    this.#plain.start(sink, lastKnown);
  }
}

import type { EndpointSink } from '../../src/discovery/source.ts';
import type { DiscoveryFailure } from '../../src/endpoint/discovery-state.ts';
import type { Endpoint } from '../../src/endpoint/endpoint.ts';

/** Keeps what a source delivers, in order. */
export class RecordingSink implements EndpointSink {
  readonly deliveries: (readonly Endpoint[])[] = [];
  readonly failures: DiscoveryFailure[] = [];

  /** The ids of the endpoints of the last delivery, sorted; undefined before the first. */
  get ids(): string[] | undefined {
    return this.deliveries
      .at(-1)
      ?.map(({ id }) => id)
      .sort();
  }

  endpoints(endpoints: readonly Endpoint[]): void {
    this.deliveries.push(endpoints);
  }

  failed(failure: DiscoveryFailure): void {
    this.failures.push(failure);
  }
}

// What is known of the gRPC methods of a service, and where that is known from.

import type { DescMethod, Registry } from '@bufbuild/protobuf';

/** Messages and methods, as one source describes them. */
export interface ServiceDescription {
  readonly registry: Registry;
  /** Of all services but those of gRPC itself (`grpc.reflection.*`, `grpc.health.*`), in the order of the descriptors. */
  readonly methods: readonly DescMethod[];
}

/** Follows one source: a file, or the endpoints' own server reflection. */
export interface DescriptionSource {
  /** The last good one; undefined until there is one. Another object after every change. */
  readonly current: ServiceDescription | undefined;
  /** Why the newest one could not be had, as a sentence without its full stop; undefined when it could. */
  readonly fault: string | undefined;
  /**
   * Resolves when there is one.
   * @throws AmbassadorError `description_unavailable` after `timeoutMs`, with the fault
   */
  ready(timeoutMs: number): Promise<ServiceDescription>;
  close(): void;
}

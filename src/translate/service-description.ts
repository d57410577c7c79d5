// What is known of the gRPC methods of a service, and where that is known from.

import type { DescMethod, Registry } from '@bufbuild/protobuf';
import type { SavedDescription } from '../discovery/snapshot/snapshot-format.ts';

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
   * @throws AmbassadorError `description_unavailable`, with the fault, when it cannot be had, after `timeoutMs` at the
   *   latest
   */
  ready(timeoutMs: number): Promise<ServiceDescription>;
  close(): void;
}

export type DescriptionOrigin =
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'reflection';
      /** Which of its versions the endpoints speak; undefined until one has responded. */
      readonly version: 'v1' | 'v1alpha' | undefined;
      /** Whether the current one is that of an earlier run. */
      readonly saved: boolean;
    };

/** A source as people see it. */
export interface FollowedDescription extends DescriptionSource {
  readonly origin: DescriptionOrigin;
  /** Milliseconds since the Unix epoch when the current one was confirmed last; undefined until there is one. */
  readonly confirmedAtWall: number | undefined;
  /** What the next run may begin with; undefined until there is something. */
  readonly saved: SavedDescription | undefined;
}

// What the upstreams of a service's chain are made by, and what the configuration lets a chain change.

import type { CallChanges, TargetSpec } from '../chain/chain-model.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { CallPolicy } from './service-policy.ts';

export interface ChainUpstreams {
  /** Whether a target is what the service calls without a chain, perhaps by a tag. */
  isHome(spec: TargetSpec): boolean;
  /** Makes an upstream, not yet started; undefined where no further watch may be opened. */
  open(spec: TargetSpec): Upstream | undefined;
  /** It is closed. */
  closed(upstream: Upstream): void;
  /** Brings an open one in line with the configuration in force. */
  tune(upstream: Upstream, spec: TargetSpec): void;
  /** The same for the service's own upstream. @param spec what the chain says of it; undefined for nothing */
  tuneHome(upstream: Upstream, spec: TargetSpec | undefined): void;
  /** The policy of calls that a chain changes, where the configuration does not say otherwise. */
  changed(policy: CallPolicy, changes: CallChanges): CallPolicy;
}

/** For services that have no chain. */
export const NO_CHAIN_UPSTREAMS: ChainUpstreams = {
  isHome: () => true,
  open: () => undefined,
  closed: () => {},
  tune: () => {},
  tuneHome: () => {},
  changed: (policy) => policy,
};

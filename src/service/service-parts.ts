// The upstreams of a service as people see them: each with its name and its place within the chain. Pure.

import type { TagPanic } from '../endpoint/panic.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { FollowedChain } from './service-chain.ts';

export interface ServicePart {
  /** What the chain calls it; undefined for the service's own upstream without a chain. */
  readonly target: string | undefined;
  /** The best tier that it has anywhere in the chain, from 0; undefined where the chain sends nothing there. */
  readonly tier: number | undefined;
  readonly upstream: Upstream;
  /** Of the requests that come here now: none where another tier serves them. */
  readonly panics: readonly TagPanic[];
}

/** The service's own upstream first. */
export function serviceParts(home: Upstream, followed: FollowedChain | undefined): readonly ServicePart[] {
  if (followed === undefined) {
    return [
      {
        target: undefined,
        tier: 0,
        upstream: home,
        panics: [{ tag: undefined, panic: home.endpoints.panic }],
      },
    ];
  }
  const parts = new Map<Upstream, ServicePart>([
    [home, { target: home.name, tier: undefined, upstream: home, panics: [] }],
  ]);
  for (const { tiers, panicking } of followed.tiers) {
    for (const [index, { label, upstream }] of tiers.entries()) {
      const known = parts.get(upstream);
      const tier = Math.min(index, known?.tier ?? index);
      const panics = [
        ...(known?.panics ?? []),
        ...(panicking !== undefined && panicking.tier === tiers[index]
          ? [{ tag: panicking.tier.tag, panic: panicking.panic }]
          : []),
      ];
      // The service's own upstream keeps its name, whichever tags of it are called.
      parts.set(upstream, { target: upstream === home ? home.name : label, tier, upstream, panics });
    }
  }
  return [...parts.values()];
}

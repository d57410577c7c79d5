// The upstreams of a service as people see them: each with its name and its place within the chain. Pure.

import { ALL_ENDPOINTS } from '../endpoint/endpoint-part.ts';
import type { NearPart } from '../endpoint/nearness.ts';
import type { PartPanic } from '../endpoint/panic.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { FollowedChain } from './followed-chain.ts';

export interface ServicePart {
  /** What the chain calls it; undefined for the service's own upstream without a chain. */
  readonly target: string | undefined;
  /** The best tier that it has anywhere in the chain, from 0; undefined where the chain sends nothing there. */
  readonly tier: number | undefined;
  readonly upstream: Upstream;
  /** The tiers that its endpoints are divided into by how near they are; empty where they are one. */
  readonly levels: readonly PartLevel[];
  /** Of the requests that come here now: none where another tier serves them. */
  readonly panics: readonly PartPanic[];
}

export interface PartLevel {
  readonly near: NearPart;
  readonly target: string;
  readonly tier: number;
}

/** The service's own upstream first. */
export function serviceParts(home: Upstream, followed: FollowedChain | undefined): readonly ServicePart[] {
  if (followed === undefined) {
    return [
      {
        target: undefined,
        tier: 0,
        upstream: home,
        levels: [],
        panics: [{ ...ALL_ENDPOINTS, panic: home.endpoints.panic }],
      },
    ];
  }
  const parts = new Map<Upstream, ServicePart>([
    [home, { target: home.name, tier: undefined, upstream: home, levels: [], panics: [] }],
  ]);
  for (const { tiers, panicking } of followed.tiers) {
    for (const [index, { label, upstream, part }] of tiers.entries()) {
      const known = parts.get(upstream);
      const tier = Math.min(index, known?.tier ?? index);
      const panics = [
        ...(known?.panics ?? []),
        ...(panicking !== undefined && panicking.tier === tiers[index]
          ? [{ ...panicking.tier.part, panic: panicking.panic }]
          : []),
      ];
      const { near } = part;
      const levels = [
        ...(known?.levels ?? []),
        ...(near === undefined ? [] : [{ near, target: label, tier: index }]),
      ];
      // The service's own upstream keeps its name, whichever tags of it are called.
      const target = upstream === home ? home.name : (known?.target ?? label);
      parts.set(upstream, { target, tier, upstream, levels, panics });
    }
  }
  return [...parts.values()];
}

// Divides the targets of a chain in our datacenter by how near their endpoints are to our own node: nearer ones are a tier
// before those further away. Pure. Source: Consul docs, "Route traffic to local upstreams".

import { nearName, nearParts } from '../endpoint/nearness.ts';
import type { ChainModel, Destination, TargetSpec } from './chain-model.ts';
import { mapDestinations } from './map-destinations.ts';

/** What our node says of itself; undefined while that is not known. */
export type OwnNodeMeta = Readonly<Record<string, string>> | undefined;

/** Whether it depends on our own node where requests go. */
export function asksForNearest({ routes }: ChainModel): boolean {
  return routes.some(({ splits }) => splits.some(({ destination }) => destination.nearest !== undefined));
}

/** What our node does not say divides nothing, and is named. */
export function nearestFirst(model: ChainModel, own: OwnNodeMeta): ChainModel {
  if (!asksForNearest(model)) return model;
  const unsaid = new Set<string>();
  const routes = mapDestinations(model, (destination) => {
    const { nearest = [], tiers } = destination;
    for (const key of nearest) if (own?.[key] === undefined) unsaid.add(key);
    const marks = nearest.flatMap((key) => {
      const value = own?.[key];
      return value === undefined ? [] : [[key, value] as const];
    });
    const parts = marks.length === 0 ? [] : nearParts(marks);
    const [first, ...others] = tiers.flatMap((spec) => divided(spec, parts));
    return first === undefined ? destination : { ...destination, tiers: [first, ...others] };
  });
  const sentences = unsaid.size === 0 ? [] : [unsaidText([...unsaid], own)];
  return { ...model, routes, notDone: [...model.notDone, ...sentences] };
}

/** What is in another datacenter or at a peer is far in any case, and a prepared query has an order of its own. */
function divided(spec: TargetSpec, parts: ReturnType<typeof nearParts>): Destination['tiers'][number][] {
  const { query, datacenter, peer } = spec;
  if (parts.length === 0 || query || datacenter !== undefined || peer !== undefined) return [spec];
  return parts.map((part) => ({
    ...spec,
    label: nearName(spec.label, part),
    near: { of: spec.label, part },
  }));
}

/** The target that a part is of. */
export function wholeTarget(spec: TargetSpec): TargetSpec {
  return spec.near === undefined ? spec : { ...spec, label: spec.near.of, near: undefined };
}

function unsaidText(keys: readonly string[], own: OwnNodeMeta): string {
  const what = `the nearest endpoints first, by ${keys.join(' and ')}`;
  return own === undefined
    ? `${what}: the node of the Consul agent cannot be read (agent:read and node:read)`
    : `${what}: the node of the Consul agent has no such metadata`;
}

// The routes of a chain with other destinations. Pure.

import type { ChainModel, Destination, Split } from './chain-model.ts';

/** What was one destination stays one. */
export function mapDestinations(
  { routes: [first, ...others] }: Pick<ChainModel, 'routes'>,
  map: (destination: Destination) => Destination,
): ChainModel['routes'] {
  const done = new Map<Destination, Destination>();
  const mapped = (destination: Destination): Destination => {
    const known = done.get(destination) ?? map(destination);
    done.set(destination, known);
    return known;
  };
  const ofRoute = ({ match, splits: [head, ...tail] }: ChainModel['routes'][number]) => ({
    match,
    splits: [ofSplit(head), ...tail.map(ofSplit)] as const,
  });
  const ofSplit = ({ weight, destination }: Split): Split => ({ weight, destination: mapped(destination) });
  return [ofRoute(first), ...others.map(ofRoute)];
}

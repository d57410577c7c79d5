// The points of a ring and whose each is, and the next ring after some of them came or left: of thousands of endpoints
// one has changed, and to hash and sort the points of all would hold up requests for tens of milliseconds.

import { viewOf, xxHash32Of } from './xxhash32.ts';

/** Who stands on a ring, and at how many points. */
export interface Standing {
  readonly id: string;
  readonly points: number;
}

export interface HashRing {
  /** By ascending id. */
  readonly standing: readonly Standing[];
  /** Unsigned 32-bit numbers, ascending. */
  readonly positions: Uint32Array;
  /** Of each position the place in `standing`; of equal positions the lower one is first. */
  readonly owners: Uint32Array;
}

/** A point and its owner share one float of 53 bits while they are sorted: 32 for the point, 21 for the owner. */
const OWNERS = 2 ** 21;

const GONE = 0xffff_ffff;

/** With more new points than this share of the ring it is as quick to sort all of them. */
const MOST_NEW = 1 / 4;

/**
 * The ring that they stand on: the same, whatever was there before.
 * @param standing by ascending id, no id twice
 * @param before the ring that this one replaces
 */
export function hashRing(standing: readonly Standing[], before?: HashRing): HashRing {
  const moved = before === undefined ? undefined : movedFrom(before, standing);
  const size = standing.reduce((sum, { points }) => sum + points, 0);
  if (before === undefined || moved === undefined || moved.newPoints > size * MOST_NEW) {
    return unpacked(standing, packed(standing, undefined, size));
  }
  return merged(standing, {
    before,
    placeOf: moved.placeOf,
    size,
    added: packed(standing, moved.isOld, moved.newPoints),
  });
}

interface Moved {
  /** Of each place in the old ring the one in the new; `GONE` where it stands there no more, or at other points. */
  readonly placeOf: Uint32Array;
  readonly isOld: Uint8Array;
  readonly newPoints: number;
}

function movedFrom(before: HashRing, standing: readonly Standing[]): Moved {
  const placeOf = new Uint32Array(before.standing.length).fill(GONE);
  const isOld = new Uint8Array(standing.length);
  let newPoints = 0;
  let at = 0;
  for (let place = 0; place < standing.length; place++) {
    const { id = '', points = 0 } = standing[place] ?? {};
    while (at < placeOf.length && (before.standing[at]?.id ?? '') < id) at++;
    const old = before.standing[at];
    if (old?.id === id && old.points === points) {
      placeOf[at] = place;
      isOld[place] = 1;
    } else {
      newPoints += points;
    }
  }
  return { placeOf, isOld, newPoints };
}

/** The points in order, each `position * OWNERS + place`, of those that are not left out. */
function packed(standing: readonly Standing[], leftOut: Uint8Array | undefined, size: number): Float64Array {
  const points = new Float64Array(size);
  let length = 0;
  for (let place = 0; place < standing.length; place++) {
    const own = standing[place];
    if (own === undefined || leftOut?.[place] === 1) continue;
    const bytes = viewOf(own.id);
    for (let point = 0; point < own.points; point++)
      points[length++] = xxHash32Of(bytes, point) * OWNERS + place;
  }
  return points.sort();
}

function unpacked(standing: readonly Standing[], points: Float64Array): HashRing {
  const positions = new Uint32Array(points.length);
  const owners = new Uint32Array(points.length);
  for (let index = 0; index < points.length; index++) {
    const point = points[index] ?? 0;
    positions[index] = Math.floor(point / OWNERS);
    owners[index] = point % OWNERS;
  }
  return { standing, positions, owners };
}

interface Merge {
  readonly before: HashRing;
  readonly placeOf: Uint32Array;
  /** The points in order that the old ring does not have. */
  readonly added: Float64Array;
  readonly size: number;
}

function merged(standing: readonly Standing[], { before, placeOf, added, size }: Merge): HashRing {
  const positions = new Uint32Array(size);
  const owners = new Uint32Array(size);
  let length = 0;
  let next = 0;
  const put = (point: number): void => {
    positions[length] = Math.floor(point / OWNERS);
    owners[length++] = point % OWNERS;
  };
  for (let index = 0; index < before.positions.length; index++) {
    const place = placeOf[before.owners[index] ?? 0] ?? GONE;
    if (place === GONE) continue;
    const point = (before.positions[index] ?? 0) * OWNERS + place;
    for (; next < added.length && (added[next] ?? 0) < point; next++) put(added[next] ?? 0);
    positions[length] = before.positions[index] ?? 0;
    owners[length++] = place;
  }
  for (; next < added.length; next++) put(added[next] ?? 0);
  return { standing, positions, owners };
}

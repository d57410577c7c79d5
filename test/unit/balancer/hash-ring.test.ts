import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HashRing, Standing } from '../../../src/balancer/hash-ring.ts';
import { hashRing } from '../../../src/balancer/hash-ring.ts';

const standing = (ids: readonly number[], points: number): Standing[] =>
  ids.toSorted((a, b) => a - b).map((id) => ({ id: `endpoint-${String(id).padStart(5, '0')}`, points }));

const upTo = (count: number): number[] => Array.from({ length: count }, (_, id) => id);

describe('a hash ring', () => {
  it('is the same whatever ring was there before', () => {
    const versions = fc.array(
      fc
        .uniqueArray(
          fc.record({ id: fc.integer({ min: 0, max: 60 }), points: fc.integer({ min: 1, max: 9 }) }),
          {
            selector: ({ id }) => id,
            minLength: 1,
            maxLength: 40,
          },
        )
        .map((all) =>
          all
            .map(({ id, points }): Standing => ({ id: `e${id}`, points }))
            .sort((a, b) => (a.id < b.id ? -1 : 1)),
        ),
      { minLength: 2, maxLength: 5 },
    );
    fc.assert(
      fc.property(versions, (all) => {
        let ring: HashRing | undefined;
        for (const version of all) {
          ring = hashRing(version, ring);
          assert.deepEqual(ring, hashRing(version));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is made of the one before where few of many come and leave', () => {
    const before = hashRing(standing(upTo(2_000), 20));
    const others = [...upTo(2_000).filter((id) => id % 500 !== 3), 2_001, 2_002];
    const after = standing(others, 20);
    assert.deepEqual(hashRing(after, before), hashRing(after));
    assert.equal(after.length, 1_998);
  });
});

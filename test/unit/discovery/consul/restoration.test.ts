import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  RESTORE_QUIET_MS,
  RESTORE_WITHIN_MS,
  Restoration,
} from '../../../../src/discovery/consul/restoration.ts';
import type { Endpoint, HealthStatus } from '../../../../src/endpoint/endpoint.ts';
import { testEndpoint } from '../../../support/proxy-under-test.ts';

function at(id: string, health: HealthStatus = 'passing', port = 80): Endpoint {
  return testEndpoint({ id, port, health });
}

/** Such as `a`, `b critical`, and `c?` for one that is only remembered. */
function shown(endpoints: readonly Endpoint[]): string[] {
  return endpoints
    .map(
      ({ id, health, remembered }) =>
        `${id}${remembered === true ? '?' : ''}${health === 'passing' ? '' : ` ${health}`}`,
    )
    .sort();
}

const ALL = ['a', 'b', 'c'].map((id) => at(id));

describe('a restoration', () => {
  it('uses what is listed and what was known together, until all are back', () => {
    const restoration = new Restoration(ALL, 0);
    assert.deepEqual(shown(restoration.merge([at('b')], 1)), ['a?', 'b', 'c?']);
    assert.deepEqual(shown(restoration.merge([at('a'), at('b')], 2)), ['a', 'b', 'c?']);
    assert.equal(restoration.isWhole, false);
    assert.deepEqual(shown(restoration.merge(ALL, 3)), ['a', 'b', 'c']);
    assert.equal(restoration.isWhole, true);
  });

  it('takes as many others for whole', () => {
    const restoration = new Restoration(ALL, 0);
    restoration.merge([at('x')], 1);
    assert.deepEqual(shown(restoration.merge([at('x'), at('y')], 2)), ['a?', 'b?', 'c?', 'x', 'y']);
    assert.deepEqual(shown(restoration.merge([at('x'), at('y'), at('z')], 3)), ['x', 'y', 'z']);
  });

  it('uses an instance as it was known until its first check has run, and then believes its checks', () => {
    const restoration = new Restoration(ALL, 0);
    assert.deepEqual(shown(restoration.merge([at('a', 'critical')], 1)), ['a?', 'b?', 'c?']);
    assert.deepEqual(shown(restoration.merge([at('a')], 2)), ['a', 'b?', 'c?']);
    assert.deepEqual(shown(restoration.merge([at('a', 'critical')], 3)), ['a critical', 'b?', 'c?']);
  });

  it("believes an operator's word, and another place", () => {
    const restoration = new Restoration(ALL, 0);
    const listed = [at('a', 'maintenance'), at('b', 'critical', 81)];
    assert.deepEqual(shown(restoration.merge(listed, 1)), ['a maintenance', 'b critical', 'c?']);
  });

  it('believes that an instance that was back has left', () => {
    const restoration = new Restoration(ALL, 0);
    restoration.merge([at('a')], 1);
    assert.deepEqual(shown(restoration.merge([], 2)), ['b?', 'c?']);
  });

  it('remembers none that could not be used before', () => {
    const restoration = new Restoration([at('a'), at('b'), at('c', 'critical')], 0);
    assert.deepEqual(shown(restoration.merge([at('a')], 1)), ['a', 'b?']);
  });

  it('ends when nobody comes any more, and in any case', () => {
    const many = Array.from({ length: 100 }, (_, index) => at(`i${index}`));
    const restoration = new Restoration(many, 0);
    assert.equal(restoration.endsAt, RESTORE_QUIET_MS);
    for (let back = 1; back < 100; back++) {
      const now = back * RESTORE_QUIET_MS * 0.9;
      restoration.merge(many.slice(0, back), now);
      assert.equal(restoration.endsAt, Math.min(now + RESTORE_QUIET_MS, RESTORE_WITHIN_MS));
    }
  });

  it('never has an endpoint twice, nor fewer usable ones than are listed', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const health = fc.constantFrom<HealthStatus>('passing', 'warning', 'critical', 'maintenance');
    const table = fc
      .uniqueArray(fc.tuple(id, health, fc.constantFrom(80, 81)), { selector: ([key]) => key })
      .map((rows) => rows.map((row) => at(...row)));
    fc.assert(
      fc.property(table, fc.array(table), (known, tables) => {
        const restoration = new Restoration(known, 0);
        for (const listed of tables) {
          const merged = restoration.merge(listed, 1);
          assert.equal(new Set(merged.map((each) => each.id)).size, merged.length);
          const usable = (endpoints: readonly Endpoint[]) =>
            endpoints.filter(({ health: state }) => state === 'passing' || state === 'warning').length;
          assert.ok(usable(merged) >= usable(listed));
          if (restoration.isWhole) assert.equal(merged, listed);
        }
      }),
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadBalancerOptions } from '../../../src/balancer/options.ts';

/** `path: message` of every complaint. */
function complaints(input: unknown): string[] {
  const result = loadBalancerOptions.safeParse(input);
  return result.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];
}

describe('the options of load balancing', () => {
  it('have defaults for everything', () => {
    assert.deepEqual(loadBalancerOptions.parse({}), {
      policy: 'peakEwma',
      hashOn: [],
      slowStart: { window: 10_000, aggression: 1, minimumWeightPercent: 10 },
      panic: true,
      latencyDecay: 5_000,
      ringHash: { minimumRingSize: 1_024, maximumRingSize: 131_072 },
      maglev: { tableSize: 65_537 },
    });
  });

  it('name the policies that there are when one is unknown', () => {
    assert.deepEqual(complaints({ policy: 'fastest' }), [
      'policy: expected one of peakEwma, leastRequest, roundRobin, random, ringHash, maglev',
    ]);
  });

  it('ask what to hash when a policy goes by a hash', () => {
    for (const policy of ['ringHash', 'maglev']) {
      assert.deepEqual(complaints({ policy }), [
        'hashOn: expected at least one entry, such as { header: x-user-id }, for a policy that goes by a hash',
      ]);
      assert.deepEqual(complaints({ policy, hashOn: [{ cookie: 'sid' }] }), []);
    }
  });

  it('take exactly one key in each hash source', () => {
    for (const source of [{}, { header: 'a', cookie: 'b' }]) {
      assert.deepEqual(complaints({ hashOn: [source] }), [
        'hashOn.0: expected exactly one of header, cookie, path and sourceAddress',
      ]);
    }
  });

  it('take a prime within bounds for the size of the Maglev table', () => {
    assert.deepEqual(complaints({ maglev: { tableSize: 65_536 } }), [
      'maglev.tableSize: expected a prime number, such as 65537',
    ]);
    assert.deepEqual(complaints({ maglev: { tableSize: 5_000_012 } }), [
      'maglev.tableSize: expected a whole number from 2 to 5000011',
    ]);
    assert.deepEqual(complaints({ maglev: { tableSize: 5_000_011 } }), []);
  });

  it('take a largest ring that is no smaller than the smallest', () => {
    assert.deepEqual(complaints({ ringHash: { minimumRingSize: 2_000, maximumRingSize: 1_000 } }), [
      'ringHash.maximumRingSize: expected at least minimumRingSize',
    ]);
  });

  it('take no slow start that begins at nothing', () => {
    assert.deepEqual(complaints({ slowStart: { minimumWeightPercent: 0, aggression: 0 } }), [
      'slowStart.aggression: expected a number above 0',
      'slowStart.minimumWeightPercent: expected a whole number from 1 to 100',
    ]);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainRouteText } from '../../../src/cli/chain-route-text.ts';

function split(share: number, ...targets: readonly string[]) {
  const rest = { endpoints: 1, usable: 1, panic: 'none', ageMs: 0, failure: null, share: 1 } as const;
  return { share, tiers: targets.map((target) => ({ target, ...rest })) };
}

test('the route of a chain is named by whose it is, its number, its requests and where they go', () => {
  assert.equal(
    chainRouteText({
      ...{ from: 'consul', number: 2, count: 3, match: 'path /admin…' },
      splits: [split(0.9, 'payments v1', 'payments@dc2'), split(0.1, 'payments v2')],
    }),
    "takes route 2 of 3 of Consul's entries (path /admin…): 90 % to payments v1 (else payments@dc2), 10 % to payments v2",
  );
  assert.equal(
    chainRouteText({ from: 'configuration', number: 1, count: 1, match: null, splits: [split(1, 'web')] }),
    'takes the only route of the split or failover of the configuration: to web',
  );
});

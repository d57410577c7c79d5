import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stage } from '../../../src/policy/call.ts';
import type { KeptKind } from '../../../src/service/kept-stages.ts';
import { KeptStages } from '../../../src/service/kept-stages.ts';
import type { RouteMatch } from '../../../src/service/route-match.ts';

const CHARGES: RouteMatch = { methods: undefined, pathPrefix: '/charges', header: undefined };

function keep(stages: KeptStages, kind: KeptKind, route: RouteMatch | undefined, settings: unknown): Stage {
  return stages.keep(kind, route, settings, () => (next) => (call) => next(call));
}

test('A stage is kept over any number of reloads while its route and its settings are the same', () => {
  let stages = new KeptStages(undefined);
  const first = keep(stages, 'rateLimit', CHARGES, { requests: 1 });
  for (let reload = 0; reload < 3; reload++) {
    stages = new KeptStages(stages);
    assert.equal(keep(stages, 'rateLimit', { ...CHARGES }, { requests: 1 }), first);
  }
});

for (const [what, kind, route, settings] of [
  ['other settings', 'rateLimit', CHARGES, { requests: 2 }],
  ['another route', 'rateLimit', { ...CHARGES, methods: ['GET'] }, { requests: 1 }],
  ['the service itself', 'rateLimit', undefined, { requests: 1 }],
  ['another kind', 'hedging', CHARGES, { requests: 1 }],
] as const) {
  test(`A stage for ${what} is another one`, () => {
    const before = new KeptStages(undefined);
    const first = keep(before, 'rateLimit', CHARGES, { requests: 1 });
    assert.notEqual(keep(new KeptStages(before), kind, route, settings), first);
  });
}

test('A stage that a reload left out begins anew', () => {
  const before = new KeptStages(undefined);
  const first = keep(before, 'coalescing', undefined, {});
  assert.notEqual(keep(new KeptStages(new KeptStages(before)), 'coalescing', undefined, {}), first);
});

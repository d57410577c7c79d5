import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FloodGuard } from '../../../../src/http/http2/flood-guard.ts';

const LIMITS = {
  malformed: { burst: 3, perSecond: 2 },
  pings: { burst: 1, perSecond: 1 },
  settings: { burst: 1, perSecond: 1 },
};

test('a burst passes, and after it only so many a second', () => {
  const guard = new FloodGuard(LIMITS);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => guard.admits('malformed', 0)),
    [true, true, true, false],
  );
  assert.equal(guard.admits('malformed', 500), true);
  assert.equal(guard.admits('malformed', 500), false);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => guard.admits('malformed', 60_000)),
    [true, true, true, false],
  );
});

test('each kind has a rate of its own', () => {
  const guard = new FloodGuard(LIMITS);
  assert.equal(guard.admits('pings', 0), true);
  assert.equal(guard.admits('pings', 0), false);
  assert.equal(guard.admits('settings', 0), true);
});

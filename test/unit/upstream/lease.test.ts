import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { localOutcome, NEUTRAL_OUTCOME } from '../../../src/core/outcome.ts';
import { atOnce } from '../../../src/core/slices.ts';
import { testEndpoint } from '../../support/proxy-under-test.ts';
import { testUpstream } from '../../support/test-upstream.ts';

const A = testEndpoint({ id: 'a', port: 1 });
const B = testEndpoint({ id: 'b', port: 2 });

const HEAD = { status: 200, reasonPhrase: '', fields: [] };
const REFUSED = localOutcome('connect_failure');

/** Two endpoints, of which `a` has just been ejected by failures of its own. */
function ejected() {
  const world = testUpstream([A, B]);
  const a = world.member('a');
  for (let i = 0; i < 20 && a.outlier.state.kind === 'available'; i++) {
    world.lease({ tried: ['b'] }).ended(REFUSED);
  }
  assert.equal(a.outlier.state.kind, 'ejected');
  return { ...world, a };
}

describe('a lease', () => {
  it('counts among the requests of its endpoint until it ends, and ends once', () => {
    const { lease, member } = testUpstream([A]);
    const [first, second] = [lease(), lease()];
    assert.equal(member('a').inFlight, 2);
    first.ended(undefined);
    first.ended(REFUSED);
    first[Symbol.dispose]();
    assert.equal(member('a').inFlight, 1);
    assert.equal(member('a').recentFailures(0), 0);
    second.ended(undefined);
    assert.equal(member('a').inFlight, 0);
  });

  it('ends by itself, and says nothing of its endpoint then', () => {
    const { lease, member } = testUpstream([A]);
    {
      using held = lease();
      assert.equal(held.upstream.inFlight, 1);
    }
    assert.equal(member('a').inFlight, 0);
    assert.equal(member('a').recentFailures(0), 0);
  });

  it('that ends without a word of the endpoint ejects nobody, however often', () => {
    const { lease, member } = testUpstream([A, B]);
    for (let i = 0; i < 100; i++) lease({ tried: ['b'] }).ended(NEUTRAL_OUTCOME);
    assert.equal(member('a').outlier.state.kind, 'available');
  });

  it('is the one probe of an endpoint whose ejection is over, and its response decides', () => {
    const { clock, lease, a } = ejected();
    clock.advance(120_000);
    const probe = lease();
    assert.equal(probe.upstream, a);
    assert.equal(lease().upstream.id, 'b');
    probe.responded(HEAD, 1);
    assert.equal(a.outlier.state.kind, 'available');
  });

  it('that was a probe and ends without an outcome leaves the probe to the next request', () => {
    const { clock, lease, a } = ejected();
    clock.advance(120_000);
    lease().ended(NEUTRAL_OUTCOME);
    assert.equal(a.outlier.state.kind, 'probing');
    const next = lease();
    assert.equal(next.upstream, a);
    next.ended(REFUSED);
    assert.equal(a.outlier.state.kind, 'ejected');
  });

  it('is no probe for a request that must not fail, until one has been waited for', () => {
    const { clock, upstream, lease, a } = ejected();
    while (a.outlier.state.kind !== 'probing') {
      clock.advance(100);
      atOnce(upstream.detector.sweep(clock.now()));
    }
    assert.equal(lease({ repeatable: false }).upstream.id, 'b');
    clock.advance(5_000);
    assert.equal(lease({ repeatable: false }).upstream, a);
  });

  it('of a drained endpoint is never a probe', () => {
    const { clock, upstream, lease } = ejected();
    upstream.drain('a', true);
    clock.advance(120_000);
    for (let i = 0; i < 5; i++) assert.equal(lease().upstream.id, 'b');
  });
});

describe('an upstream', () => {
  it('says why there is nobody to call', () => {
    const nobody = testUpstream([]);
    assert.throws(() => nobody.lease(), {
      reason: 'no_healthy_endpoint',
      message: /payments has no endpoints/,
    });
  });

  it('picks another endpoint than those that were tried, while there is one', () => {
    const { lease } = testUpstream([A, B]);
    for (let i = 0; i < 20; i++) assert.equal(lease({ tried: ['a'] }).upstream.id, 'b');
    assert.ok(['a', 'b'].includes(lease({ tried: ['a', 'b'] }).upstream.id));
  });
});

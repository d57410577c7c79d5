import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../support/seeded-random.ts';
import { OutlierFixture } from './outlier-fixture.ts';

test('A rule enforced at 0 percent only counts, each time anew', () => {
  const fixture = new OutlierFixture({
    hosts: 2,
    settings: {
      enforcingConsecutiveGatewayFailure: 0,
      windowedFailureRatio: { minimumRequests: 1_000_000 },
    },
  });
  fixture.respond(0, 503, 20);
  assert.deepEqual(fixture.types(), ['would_eject', 'would_eject', 'would_eject', 'would_eject']);
  assert.equal(fixture.isOut(0), false);
});

test('Detection as a whole enforced at 0 percent ejects for no rule', () => {
  const fixture = new OutlierFixture({ hosts: 2, settings: { enforce: 0, consecutive5xx: 3 } });
  fixture.respond(0, 503, 20);
  fixture.failToConnect(1, 20, 1);
  assert.deepEqual(new Set(fixture.types()), new Set(['would_eject']));
  assert.deepEqual([fixture.isOut(0), fixture.isOut(1)], [false, false]);
});

test('What would be ejected is reported with its figures even where the cap would refuse it', () => {
  const fixture = new OutlierFixture({
    hosts: 1,
    settings: { enforcingConsecutiveLocalOriginFailure: 0 },
  });
  fixture.failToConnect(0, 3, 7);
  assert.deepEqual(fixture.transitions, [
    {
      type: 'would_eject',
      endpointId: fixture.host(0).id,
      at: 7,
      share: { ejected: 0, total: 1, cap: 0 },
      reason: 'consecutive_local_origin_failure',
      detection: { reason: 'consecutive_local_origin_failure', observed: 3, threshold: 3, requests: 3 },
    },
  ]);
});

test('The random source decides between the percentages', () => {
  const settings = { enforcingConsecutiveLocalOriginFailure: 30 };
  const below = new OutlierFixture({ hosts: 2, settings, random: () => 0.299 });
  below.failToConnect(0, 3);
  assert.deepEqual(below.types(), ['ejected']);
  const above = new OutlierFixture({ hosts: 2, settings, random: () => 0.3 });
  above.failToConnect(0, 3);
  assert.deepEqual(above.types(), ['would_eject']);
});

test('Enforced at 30 percent, about 30 of 100 detections eject', () => {
  const random = seededRandom(1);
  let ejected = 0;
  for (let i = 0; i < 1_000; i++) {
    const settings = { enforcingConsecutiveLocalOriginFailure: 30 };
    const fixture = new OutlierFixture({ hosts: 2, settings, random });
    fixture.failToConnect(0, 3);
    if (fixture.isOut(0)) ejected++;
  }
  assert.ok(ejected > 250 && ejected < 350, `${ejected} of 1000`);
});

test('A rule that is not enforced leaves the next one its chance', () => {
  const fixture = new OutlierFixture({
    hosts: 2,
    settings: { consecutive5xx: 5, enforcingConsecutive5xx: 0 },
  });
  fixture.respond(0, 503, 5);
  assert.deepEqual(fixture.types(), ['would_eject', 'ejected']);
  const event = fixture.transitions.at(-1);
  assert.equal(event?.type === 'ejected' && event.reason, 'consecutive_gateway_failure');
});

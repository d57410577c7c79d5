// Peak EWMA in simulated time: what takes traffic from an endpoint, how much, and for how long.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { leastRequest } from '../../../src/balancer/least-request.ts';
import { peakEwma } from '../../../src/balancer/peak-ewma.ts';
import type { LoadBalancingPolicy } from '../../../src/balancer/policy.ts';
import { random as randomPolicy } from '../../../src/balancer/random.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import type { Behaviour, Reply } from '../../support/simulated-balancing.ts';
import { SimulatedBalancing } from '../../support/simulated-balancing.ts';

/** Requests looked at for one figure: enough that chance moves it by a few per cent only. */
const ENOUGH = 3_000;

interface Incident {
  readonly endpoints: number;
  readonly perSecond: number;
  /** What the next request to the first endpoint comes to; all others take 2 to 20 ms. */
  readonly reply: Reply;
  /** The time looked at, in milliseconds from the moment when that reply came; from when it was sent if negative. */
  readonly from: number;
  readonly ms: number;
}

/** What part of its fair share the first endpoint gets, over as many runs as it takes to know. */
function partOfShare({ endpoints, perSecond, reply, from, ms }: Incident): number {
  let first = 0;
  let all = 0;
  for (let seed = 1; all < ENOUGH; seed++) {
    const service = new SimulatedBalancing(endpoints, peakEwma, seededRandom(seed));
    service.run((30 * endpoints * 1_000) / perSecond, perSecond);
    const [script] = service.script;
    script?.push(reply);
    while (script?.length !== 0) service.run(200 / perSecond, perSecond);
    if (from >= 0) service.run(reply.afterMs + from, perSecond);
    const share = service.shareOfFirst(ms, perSecond);
    first += share.first;
    all += share.all;
  }
  return (first / all) * endpoints;
}

function atLeast(part: number, bound: number): void {
  assert.ok(part >= bound, `${part.toFixed(3)} of its share, expected ${bound}`);
}

for (const endpoints of [2, 3, 5, 10]) {
  for (const perSecond of [4, 40, 400]) {
    describe(`one of ${endpoints} endpoints at ${perSecond} requests a second`, () => {
      const part = (reply: Reply, from: number, ms: number) =>
        partOfShare({ endpoints, perSecond, reply, from, ms });

      it('that failed once keeps 45 % of its share in the next second, and 85 % in the one after', () => {
        const failure = { afterMs: 1, failed: true };
        atLeast(part(failure, 0, 1_000), 0.45);
        atLeast(part(failure, 1_000, 1_000), 0.85);
      });

      for (const afterMs of [300, 5_000, 60_000]) {
        it(`with one response of ${afterMs} ms keeps 60 % of its share in the second after it`, () => {
          atLeast(part({ afterMs }, 0, 1_000), 0.6);
        });
      }
    });
  }

  describe(`one of ${endpoints} endpoints whose response takes a minute`, () => {
    it('keeps 23 % of its share in the first seconds of it: one request in flight more is twice the load', () => {
      const reply = { afterMs: 60_000 };
      atLeast(partOfShare({ endpoints, perSecond: 20, reply, from: -1, ms: 5_000 }), 0.23);
    });
  });
}

/** The part of its fair share that the first endpoint gets in `ms` when it behaves otherwise than the rest. */
function lastingPart(
  policy: LoadBalancingPolicy,
  endpoints: number,
  perSecond: number,
  first: Reply,
): number {
  const service = new SimulatedBalancing(endpoints, policy, seededRandom(1));
  service.behaviour = (index) => (index === 0 ? first : { afterMs: 10 });
  service.run(2_000, perSecond);
  const share = service.shareOfFirst(20_000, perSecond);
  return (share.first / share.all) * endpoints;
}

describe('an endpoint that always takes 500 ms where the others take 10 ms', () => {
  const slow = { afterMs: 500 };

  it('gets its share under the random policy', () => {
    assert.ok(lastingPart(randomPolicy, 10, 500, slow) > 0.9);
  });

  for (const endpoints of [2, 3, 10]) {
    it(`gets a twentieth of its share under peak EWMA as one of ${endpoints}`, () => {
      const part = lastingPart(peakEwma, endpoints, 500, slow);
      assert.ok(part > 0 && part < 0.05, String(part));
    });

    it(`gets less than half of it as one of ${endpoints} at three requests a second for each`, () => {
      const part = lastingPart(peakEwma, endpoints, 3 * endpoints, slow);
      assert.ok(part > 0 && part < 0.5, String(part));
    });
  }
});

describe('an endpoint that was slow', () => {
  for (const endpoints of [2, 3, 10]) {
    for (const perSecond of [20, 200]) {
      it(`has most of its share again six seconds after it recovered, as one of ${endpoints} at ${perSecond} a second`, () => {
        let first = 0;
        let all = 0;
        for (let seed = 1; seed <= 20; seed++) {
          const service = new SimulatedBalancing(endpoints, peakEwma, seededRandom(seed));
          let slow = true;
          service.behaviour = (index) => ({ afterMs: index === 0 && slow ? 2_000 : 10 });
          service.run(30_000, perSecond);
          slow = false;
          service.run(6_000 + (endpoints * 3 * 1_000) / perSecond, perSecond);
          const share = service.shareOfFirst(2_000, perSecond);
          first += share.first;
          all += share.all;
        }
        atLeast((first / all) * endpoints, 0.6);
      });
    }
  }
});

describe('an endpoint that fails half of its requests within 1 ms where all others take 200 ms', () => {
  const flaky: Behaviour = (index, _now, random) =>
    index === 0 && random() < 0.5 ? { afterMs: 1, failed: true } : { afterMs: 200 };

  function partOf(policy: LoadBalancingPolicy, endpoints: number): number {
    const service = new SimulatedBalancing(endpoints, policy, seededRandom(1));
    service.behaviour = flaky;
    service.run(2_000, 300);
    const share = service.shareOfFirst(20_000, 300);
    return (share.first / share.all) * endpoints;
  }

  it('attracts traffic under least request, which does not look at outcomes', () => {
    assert.ok(partOf(leastRequest, 3) > 1.2);
  });

  for (const endpoints of [2, 3, 10]) {
    it(`attracts none under peak EWMA as one of ${endpoints}`, () => {
      const part = partOf(peakEwma, endpoints);
      assert.ok(part < 1, String(part));
    });
  }
});

describe('an endpoint that fails at once, always, and is not ejected', () => {
  for (const endpoints of [2, 10]) {
    it(`gets a third of its share at most as one of ${endpoints}`, () => {
      const part = lastingPart(peakEwma, endpoints, 500, { afterMs: 1, failed: true });
      assert.ok(part < 0.33, String(part));
    });
  }
});

describe('an endpoint that asked for a pause of ten seconds', () => {
  const reply = { afterMs: 1, failed: true, retryAfterMs: 10_000 };

  it('gets a hundredth of its share until a request shows that it answers again', () => {
    const part = partOfShare({ endpoints: 3, perSecond: 20, reply, from: 0, ms: 1_000 });
    assert.ok(part < 0.05, String(part));
  });

  it('has its share when the pause is over', () => {
    atLeast(partOfShare({ endpoints: 3, perSecond: 20, reply, from: 10_000, ms: 2_000 }), 0.8);
  });
});

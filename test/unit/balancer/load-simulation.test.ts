import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PeakEwma } from '../../../src/balancer/latency.ts';
import { leastRequest } from '../../../src/balancer/least-request.ts';
import { peakEwma } from '../../../src/balancer/peak-ewma.ts';
import type { Candidate, LoadBalancingPolicy } from '../../../src/balancer/policy.ts';
import { random as randomPolicy } from '../../../src/balancer/random.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { seededRandom } from '../../support/seeded-random.ts';

interface Behaviour {
  readonly answersAfterMs: number;
  readonly fails?: boolean;
}

/** An endpoint that answers after a fixed time, observed as the proxy would. */
class SimulatedEndpoint implements Candidate {
  readonly id: string;
  readonly weight = 1;
  inFlight = 0;
  served = 0;
  readonly #behaviour: Behaviour;
  readonly #latency = new PeakEwma(10_000);

  constructor(index: number, behaviour: Behaviour) {
    this.id = `endpoint-${index}`;
    this.#behaviour = behaviour;
  }

  latencyMs(now: number): number {
    return this.#latency.latencyMs(now);
  }

  rampUp(): number {
    return 1;
  }

  send(clock: FakeClock): void {
    this.inFlight++;
    this.served++;
    clock.schedule(this.#behaviour.answersAfterMs, () => {
      this.inFlight--;
      if (this.#behaviour.fails === true) this.#latency.penalise(clock.now());
      else this.#latency.observe(this.#behaviour.answersAfterMs, clock.now());
    });
  }
}

/** The share of all requests that the first endpoint got, at one request per 2 ms for ten seconds. */
function shareOfFirst(policy: LoadBalancingPolicy, first: Behaviour, others: number): number {
  const clock = new FakeClock();
  const endpoints: [SimulatedEndpoint, ...SimulatedEndpoint[]] = [
    new SimulatedEndpoint(0, first),
    ...Array.from({ length: others }, (_, index) => new SimulatedEndpoint(index + 1, { answersAfterMs: 10 })),
  ];
  const picker = policy.createPicker(endpoints, { random: seededRandom(1) });
  const requests = 5_000;
  for (let request = 0; request < requests; request++) {
    picker.pick({ now: clock.now(), hash: undefined }).send(clock);
    clock.advance(2);
  }
  return endpoints[0].served / requests;
}

describe('an endpoint that answers in 500 ms among nine that answer in 10 ms', () => {
  const slow = { answersAfterMs: 500 };

  it('gets its tenth of the requests under the random policy', () => {
    assert.ok(shareOfFirst(randomPolicy, slow, 9) > 0.08);
  });

  it('gets less than a hundredth of them under peak EWMA', () => {
    const share = shareOfFirst(peakEwma, slow, 9);
    assert.ok(share < 0.01, String(share));
  });

  it('is tried now and then, since it may have recovered', () => {
    assert.ok(shareOfFirst(peakEwma, { answersAfterMs: 30 }, 9) > 0);
  });
});

describe('an endpoint that fails within 1 ms among nine that answer in 10 ms', () => {
  const failing = { answersAfterMs: 1, fails: true };

  it('gets more than its share under least request, which does not look at outcomes', () => {
    const share = shareOfFirst(leastRequest, failing, 9);
    assert.ok(share > 0.1, String(share));
  });

  it('gets less than a hundredth of the requests under peak EWMA', () => {
    const share = shareOfFirst(peakEwma, failing, 9);
    assert.ok(share < 0.01, String(share));
  });

  it('does not attract the requests when it is one of two', () => {
    const share = shareOfFirst(peakEwma, failing, 1);
    assert.ok(share < 0.01, String(share));
  });
});

// Prints how long one pick takes, in nanoseconds, for each policy at 10 and 5,000 candidates.
// Run with: node test/bench/pick.bench.ts

import { PeakEwma } from '../../src/balancer/latency.ts';
import { loadBalancerOptions, POLICY_NAMES } from '../../src/balancer/options.ts';
import type { Candidate, LoadBalancingPolicy } from '../../src/balancer/policy.ts';
import { loadBalancingPolicies } from '../../src/balancer/registry.ts';
import { seededRandom } from '../support/seeded-random.ts';

const BATCHES = 15;
const PICKS_PER_BATCH = 200_000;

class BenchCandidate implements Candidate {
  readonly id: string;
  readonly weight: number;
  inFlight: number;
  readonly #latency = new PeakEwma(10_000);

  constructor(index: number, weight: number) {
    this.id = `node-${index}/payments-${index}`;
    this.weight = weight;
    this.inFlight = index % 7;
    this.#latency.observe(1 + (index % 13), 0);
  }

  latencyMs(now: number): number {
    return this.#latency.latencyMs(now);
  }

  rampUp(_now: number): number {
    return 1;
  }
}

function benchCandidates(
  count: number,
  weightOf: (index: number) => number,
): [BenchCandidate, ...BenchCandidate[]] {
  const rest = Array.from({ length: count - 1 }, (_, index) => {
    return new BenchCandidate(index + 1, weightOf(index + 1));
  });
  return [new BenchCandidate(0, weightOf(0)), ...rest];
}

/** The median batch, in nanoseconds per pick; and how long building the picker took, in milliseconds. */
function measure(policy: LoadBalancingPolicy, candidates: readonly [BenchCandidate, ...BenchCandidate[]]) {
  const buildStart = performance.now();
  const picker = policy.createPicker(candidates, { random: Math.random });
  const buildMs = performance.now() - buildStart;
  const random = seededRandom(1);
  const contexts = Array.from({ length: 1_024 }, (_, index) => {
    return { now: index, hash: Math.floor(random() * 2 ** 32) };
  });
  const results: number[] = [];
  let checksum = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    const start = performance.now();
    for (let pick = 0; pick < PICKS_PER_BATCH; pick++) {
      const context = contexts[pick & 1_023];
      if (context !== undefined) checksum += picker.pick(context).inFlight;
    }
    results.push(((performance.now() - start) * 1e6) / PICKS_PER_BATCH);
  }
  results.sort((a, b) => a - b);
  return { nsPerPick: results[BATCHES >>> 1] ?? 0, buildMs, checksum };
}

const options = loadBalancerOptions.parse({});
for (const [weights, weightOf] of [
  ['equal weights', () => 1],
  ['weights 1 to 5', (index: number) => 1 + (index % 5)],
] as const) {
  for (const count of [10, 5_000]) {
    console.log(`${weights}, ${count} candidates`);
    for (const name of POLICY_NAMES) {
      const policy = loadBalancingPolicies[name](options);
      const { nsPerPick, buildMs } = measure(policy, benchCandidates(count, weightOf));
      console.log(
        `  ${name.padEnd(14)}${nsPerPick.toFixed(0).padStart(6)} ns per pick${buildMs.toFixed(1).padStart(9)} ms to build`,
      );
    }
  }
}

// What a request pays for the choice of its endpoint, and for what is remembered of its outcome.

import { responseOutcome } from '../../../src/core/outcome.ts';
import type { Random } from '../../../src/core/random.ts';
import { systemRandom } from '../../../src/core/random.ts';
import type { UpstreamEndpoint } from '../../../src/upstream/upstream-endpoint.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { healthAnswer } from './health-answer.ts';
import type { PolicyName } from './measured-service.ts';
import { endpointsOf, measuredService } from './measured-service.ts';
import { bytesPerCall, nanosecondsPerCall } from './per-call.ts';
import type { ScaleRow } from './row.ts';
import { counted } from './row.ts';

export interface RequestCostSize {
  readonly batches: number;
  readonly calls: number;
}

const PART = 'For each request';
const MOST_NS: Readonly<Record<number, number>> = { 10: 1_000, 5000: 3_000 };
const POLICIES: readonly PolicyName[] = ['peakEwma', 'leastRequest'];
/**
 * V8 puts a number with a fraction that one function gives to another into a box of 16 bytes, and a whole one into
 * none: random numbers of 0, and whole milliseconds for what is remembered, leave what is ours.
 */
const NO_RANDOM: Random = () => 0;
/** What the measuring itself leaves, shared by all calls, is far below a byte for each. */
const NO_GARBAGE_BYTES = 1;
const OK = responseOutcome(200);

/** A power of two, so that a mask finds the next. */
const PREPARED = 4_096;

export function requestCost(
  sizes: readonly number[],
  { batches, calls }: RequestCostSize,
  collectGarbage: () => void,
): readonly ScaleRow[] {
  const row = (
    what: string,
    workOf: (endpoints: number) => (call: number) => void,
    mostBytes?: number,
  ): ScaleRow => ({
    part: PART,
    what,
    figures: sizes.flatMap((endpoints) => {
      const work = workOf(endpoints);
      const ns = nanosecondsPerCall(work, { batches, calls });
      const bytes = bytesPerCall(work, calls, collectGarbage);
      return [
        { name: `ns, ${counted(endpoints)} endpoints`, value: ns, atMost: MOST_NS[endpoints] },
        { name: `bytes of garbage, ${counted(endpoints)} endpoints`, value: bytes, atMost: mostBytes },
      ];
    }),
  });
  return [
    ...POLICIES.map((policy) => row(`pick by ${policy}`, (endpoints) => pickWork(policy, endpoints))),
    row(
      'pick by peakEwma, without the random numbers',
      (endpoints) => pickWork('peakEwma', endpoints, NO_RANDOM),
      NO_GARBAGE_BYTES,
    ),
    row('outlier detection and latency', bookkeepingWork, NO_GARBAGE_BYTES),
  ];
}

/** Endpoints as in the middle of a day: each with a latency of its own and some with requests under way. */
function busyService(policy: PolicyName, endpoints: number, random = systemRandom) {
  const service = measuredService(policy, random);
  service.feed.endpoints(endpointsOf(JSON.parse(healthAnswer(endpoints))));
  const members = [...service.endpoints.members];
  for (const [i, upstream] of members.entries()) {
    upstream.inFlight = i % 7;
    upstream.latency.observe(1 + (i % 13), performance.now());
  }
  return { service, members };
}

function pickWork(policy: PolicyName, endpoints: number, random?: Random): (call: number) => void {
  const { service } = busyService(policy, endpoints, random);
  const now = performance.now();
  const contexts = Array.from({ length: PREPARED }, (_, i) => ({ now: now + i / 16, hash: undefined }));
  const none: readonly string[] = [];
  return (call) => {
    const context = contexts[call & (PREPARED - 1)];
    if (context === undefined || service.endpoints.pick(context, none) === undefined)
      throw new Error('no pick');
  };
}

function bookkeepingWork(endpoints: number): (call: number) => void {
  const { service, members } = busyService('peakEwma', endpoints);
  const random = seededRandom(1);
  const chosen = Array.from({ length: PREPARED }, (): { upstream: UpstreamEndpoint; now: number } => {
    const upstream = members[Math.floor(random() * members.length)];
    if (upstream === undefined) throw new Error('no endpoint');
    return { upstream, now: Math.round(performance.now()) };
  });
  return (call) => {
    const at = chosen[call & (PREPARED - 1)];
    if (at === undefined || service.detector.tryAdmitProbe(at.now) !== undefined)
      throw new Error('no such call');
    at.upstream.latency.observe(2.5, at.now);
    service.detector.record(at.upstream.outlier, OK, at.now);
  };
}

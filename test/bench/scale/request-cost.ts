// What a request pays for the choice of its endpoint, and for what is remembered of its outcome.

import { responseOutcome } from '../../../src/core/outcome.ts';
import type { Random } from '../../../src/core/random.ts';
import { systemRandom } from '../../../src/core/random.ts';
import type { UpstreamEndpoint } from '../../../src/upstream/upstream-endpoint.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { healthAnswer } from './health-answer.ts';
import type { PolicyName } from './measured-service.ts';
import { endpointsOf, measuredService, published } from './measured-service.ts';
import { bytesPerCall, nanosecondsPerCall } from './per-call.ts';
import type { ScaleFigure, ScaleRow } from './row.ts';
import { counted } from './row.ts';

export interface RequestCostSize {
  readonly batches: number;
  readonly calls: number;
}

type Work = (call: number) => void;
type WorkOf = (endpoints: number) => Promise<Work>;

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

export async function requestCost(
  sizes: readonly number[],
  { batches, calls }: RequestCostSize,
  collectGarbage: () => void,
): Promise<readonly ScaleRow[]> {
  const row = async (what: string, workOf: WorkOf, mostBytes?: number): Promise<ScaleRow> => {
    const figures: ScaleFigure[] = [];
    for (const endpoints of sizes) {
      const work = await workOf(endpoints);
      const ns = nanosecondsPerCall(work, { batches, calls });
      const bytes = bytesPerCall(work, calls, collectGarbage);
      figures.push(
        { name: `ns, ${counted(endpoints)} endpoints`, value: ns, atMost: MOST_NS[endpoints] },
        { name: `bytes of garbage, ${counted(endpoints)} endpoints`, value: bytes, atMost: mostBytes },
      );
    }
    return { part: PART, what, figures };
  };
  const rows: ScaleRow[] = [];
  for (const policy of POLICIES) {
    rows.push(await row(`pick by ${policy}`, (endpoints) => pickWork(policy, endpoints)));
  }
  rows.push(
    await row(
      'pick by peakEwma, without the random numbers',
      (endpoints) => pickWork('peakEwma', endpoints, NO_RANDOM),
      NO_GARBAGE_BYTES,
    ),
    await row('outlier detection and latency', bookkeepingWork, NO_GARBAGE_BYTES),
  );
  return rows;
}

/** Endpoints as in the middle of a day: each with a latency of its own and some with requests under way. */
async function busyService(policy: PolicyName, endpoints: number, random = systemRandom) {
  const service = measuredService(policy, random);
  await published(service, endpointsOf(JSON.parse(healthAnswer(endpoints))));
  const members = [...service.endpoints.members];
  for (const [i, upstream] of members.entries()) {
    upstream.inFlight = i % 7;
    upstream.latency.observe(1 + (i % 13), performance.now());
  }
  return { service, members };
}

async function pickWork(policy: PolicyName, endpoints: number, random?: Random): Promise<Work> {
  const { service } = await busyService(policy, endpoints, random);
  const now = performance.now();
  const contexts = Array.from({ length: PREPARED }, (_, i) => ({ now: now + i / 16, hash: undefined }));
  const none: readonly string[] = [];
  return (call) => {
    const context = contexts[call & (PREPARED - 1)];
    if (context === undefined || service.endpoints.pick(context, none) === undefined)
      throw new Error('no pick');
  };
}

async function bookkeepingWork(endpoints: number): Promise<Work> {
  const { service, members } = await busyService('peakEwma', endpoints);
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

// One proxy, one shape, one round: first as much as it takes, then a constant rate.

import { generateLoad } from './load/generate-load.ts';
import type { LoadJob } from './load/load-job.ts';
import { runWrk } from './load/wrk.ts';
import { loadAverage } from './machine.ts';
import { cpuMicroseconds, residentMiB } from './process-figures.ts';
import type { RoundFigures } from './results.ts';
import type { Shape } from './shapes.ts';

export const REQUESTS_PER_SECOND = 1_000;
const MEMORY_EVERY_MS = 200;

export interface Target {
  readonly port: number;
  /** What stands before the shape's path. */
  readonly prefix: string;
  /** undefined for no proxy. */
  readonly pid: number | undefined;
}

export interface Measuring {
  /** The path of wrk; undefined for the load generator of our own. */
  readonly wrk: string | undefined;
  readonly folder: string;
}

export async function measure(
  target: Target,
  shape: Shape,
  seconds: { readonly saturation: number; readonly constantRate: number },
  measuring: Measuring,
): Promise<RoundFigures> {
  const average = loadAverage();
  const full = await saturate(target, shape, seconds.saturation, measuring);
  const before = cpuOf(target);
  const steady = await generateLoad({
    ...jobFor(target, shape, seconds.constantRate),
    perSecond: REQUESTS_PER_SECOND,
  });
  return {
    cpuMicroseconds: target.pid === undefined ? null : full.cpu / full.answered,
    cpuMicrosecondsAtRate: target.pid === undefined ? null : (cpuOf(target) - before) / steady.answered,
    requestsPerSecond: full.answered / full.seconds,
    coreBusy: target.pid === undefined ? null : full.cpu / 1e6 / full.seconds,
    rssMiB: target.pid === undefined ? null : full.rssMiB,
    latency: steady.latency,
    lateness: steady.lateness,
    failed: full.failed + steady.failed,
    loadAverage: average,
  };
}

/** Compiled code, connections and pools are as they stay only after a while. */
export async function warmUp(
  target: Target,
  shape: Shape,
  seconds: number,
  measuring: Measuring,
): Promise<void> {
  await saturate(target, shape, seconds, measuring);
}

/** As much as the target can take, for so many seconds. */
export async function saturate(target: Target, shape: Shape, seconds: number, { wrk, folder }: Measuring) {
  let rssMiB = 0;
  const watch = setInterval(() => {
    if (target.pid !== undefined) rssMiB = Math.max(rssMiB, residentMiB(target.pid));
  }, MEMORY_EVERY_MS);
  const job = jobFor(target, shape, seconds);
  const before = cpuOf(target);
  try {
    const load = await (wrk === undefined ? generateLoad(job) : runWrk(wrk, job, folder));
    return { ...load, cpu: cpuOf(target) - before, rssMiB };
  } finally {
    clearInterval(watch);
  }
}

function cpuOf({ pid }: Target): number {
  return pid === undefined ? 0 : cpuMicroseconds(pid);
}

function jobFor({ port, prefix }: Target, shape: Shape, seconds: number): LoadJob {
  const { method, path, requestBytes, connections } = shape;
  return { port, method, path: prefix + path, requestBytes, connections, seconds, perSecond: null };
}

// What one call of something very small costs: nanoseconds, and bytes of garbage.

import { figureOf } from '../statistics.ts';

/** The median batch, in nanoseconds for each call. */
export function nanosecondsPerCall(
  work: (call: number) => void,
  { batches, calls }: { readonly batches: number; readonly calls: number },
): number {
  const times: number[] = [];
  for (let batch = 0; batch < batches; batch++) {
    const startedAt = performance.now();
    for (let call = 0; call < calls; call++) work(call);
    times.push(((performance.now() - startedAt) * 1e6) / calls);
  }
  return figureOf(times).median;
}

/**
 * How much the heap grows with each call, in bytes. Only meaningful where the young generation holds the garbage of
 * all calls and `collectGarbage` empties it before.
 */
export function bytesPerCall(
  work: (call: number) => void,
  calls: number,
  collectGarbage: () => void,
): number {
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let call = 0; call < calls; call++) work(call);
  return (process.memoryUsage().heapUsed - before) / calls;
}

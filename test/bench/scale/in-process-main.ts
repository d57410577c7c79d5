// The figures that need no other process, taken in one of their own: prints the rows as JSON.
// Needs --expose-gc, and a young generation that holds the garbage of a whole measurement.

import { endpointMemory } from './endpoint-memory.ts';
import { bytesPerCall } from './per-call.ts';
import { publishCost } from './publish-cost.ts';
import { requestCost } from './request-cost.ts';
import type { ScaleRow } from './row.ts';

const quick = process.argv.includes('--quick');
const { gc } = globalThis;
if (gc === undefined) throw new Error('start it with --expose-gc');
const collectGarbage = (): void => void gc();

/** What it says of an object of a known size tells whether the measure of garbage can be believed. */
function control(): ScaleRow {
  const kept: object[] = new Array(64).fill({});
  const work = (call: number): void => {
    kept[call & 63] = { a: call, b: call };
  };
  bytesPerCall(work, 200_000, collectGarbage);
  const value = bytesPerCall(work, 200_000, collectGarbage);
  return {
    part: 'For each request',
    what: 'control: an object of two fields, 40 bytes',
    figures: [{ name: 'bytes of garbage, 10 endpoints', value }],
  };
}

const size = quick ? { batches: 5, calls: 50_000 } : { batches: 15, calls: 200_000 };
const rows: readonly ScaleRow[] = [
  await endpointMemory(5_000, collectGarbage),
  ...(await requestCost([10, 5_000], size, collectGarbage)),
  control(),
  ...(await publishCost([10, 500, 5_000], quick ? 20 : 200)),
];
console.log(JSON.stringify(rows));

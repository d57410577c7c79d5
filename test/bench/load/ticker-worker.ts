// Wakes its parent at a constant pace: a thread that sleeps by a futex wakes within tens of microseconds, where a timer
// of the event loop counts whole milliseconds.

import { parentPort, workerData } from 'node:worker_threads';

const perSecond = Number(workerData);
const never = new Int32Array(new SharedArrayBuffer(4));
const startedAt = performance.now();

for (let tick = 1; ; tick++) {
  const wait = startedAt + (tick * 1_000) / perSecond - performance.now();
  if (wait > 0) Atomics.wait(never, 0, 0, wait);
  parentPort?.postMessage(null);
}

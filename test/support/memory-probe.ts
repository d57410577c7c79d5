// Loaded into an ambassador under test: tells over its IPC channel how much of its heap is alive.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

process.on('message', () => {
  if (typeof collectGarbage !== 'function') return;
  collectGarbage();
  // What the first collection found dead, its callbacks let go of in this turn.
  setImmediate(() => {
    collectGarbage();
    process.send?.(process.memoryUsage().heapUsed);
  });
});
process.channel?.unref();

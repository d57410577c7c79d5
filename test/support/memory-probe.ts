// Loaded into an ambassador under test: tells over its IPC channel how much of its heap is alive, and how many timers are.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

const ANSWERS = {
  heapUsed: () => {
    if (typeof collectGarbage !== 'function') return;
    collectGarbage();
    // What the first collection found dead, its callbacks let go of in this turn.
    setImmediate(() => {
      collectGarbage();
      process.send?.(process.memoryUsage().heapUsed);
    });
  },
  timers: () => {
    process.send?.(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length);
  },
};

export type ProbeQuestion = keyof typeof ANSWERS;

process.on('message', (question: ProbeQuestion) => ANSWERS[question]());

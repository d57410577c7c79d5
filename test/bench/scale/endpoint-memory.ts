// What the ambassador keeps for each endpoint that it knows.

import { healthAnswer } from './health-answer.ts';
import { endpointsOf, measuredService, published } from './measured-service.ts';
import type { ScaleRow } from './row.ts';
import { counted } from './row.ts';

/** An endpoint that is never called; one that is has connections and a pool of them besides. */
export async function endpointMemory(endpoints: number, collectGarbage: () => void): Promise<ScaleRow> {
  const service = measuredService();
  // What is made only once must not be counted with the endpoints.
  await published(service, endpointsOf(JSON.parse(healthAnswer(1))));
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  await published(service, endpointsOf(JSON.parse(healthAnswer(endpoints))));
  collectGarbage();
  const after = process.memoryUsage().heapUsed;
  if (service.endpoints.size !== endpoints) throw new Error('the table is not in force');
  return {
    part: 'Memory',
    what: 'heap for each endpoint that is not called',
    figures: [
      { name: `bytes, of ${counted(endpoints)} endpoints`, value: (after - before) / (endpoints - 1) },
    ],
  };
}

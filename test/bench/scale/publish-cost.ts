// How long an answer of the registry takes to be in force.

import { figureOf } from '../statistics.ts';
import { healthAnswer } from './health-answer.ts';
import { endpointsOf, measuredService } from './measured-service.ts';
import type { ScaleRow } from './row.ts';
import { counted } from './row.ts';

const PART = 'A change of one endpoint, from the answer to the table in force';

interface PublishTimes {
  readonly answerKiB: number;
  /** Milliseconds. */
  readonly parsing: readonly number[];
  readonly decoding: readonly number[];
  readonly publishing: readonly number[];
}

/** @param changes how many changes are measured; the first tenth warms up */
export function publishCost(sizes: readonly number[], changes: number): readonly ScaleRow[] {
  const measured = sizes.map((endpoints) => ({ endpoints, times: publishTimes(endpoints, changes) }));
  const row = (what: string, read: (times: PublishTimes) => number): ScaleRow => ({
    part: PART,
    what,
    figures: measured.map(({ endpoints, times }) => {
      return { name: `${counted(endpoints)} endpoints`, value: read(times) };
    }),
  });
  return [
    row('size of the answer, KiB', ({ answerKiB }) => answerKiB),
    row('JSON.parse, ms', ({ parsing }) => figureOf(parsing).median),
    row('decoding, ms', ({ decoding }) => figureOf(decoding).median),
    row('publishing the table, ms', ({ publishing }) => figureOf(publishing).median),
    row('decoding and publishing, longest, ms', ({ decoding, publishing }) =>
      Math.max(...decoding.map((ms, i) => ms + (publishing[i] ?? 0))),
    ),
  ];
}

function publishTimes(endpoints: number, changes: number): PublishTimes {
  const answers = [healthAnswer(endpoints), healthAnswer(endpoints, 1)];
  const service = measuredService();
  service.feed.endpoints(endpointsOf(JSON.parse(answers[0] ?? '')));
  const parsing: number[] = [];
  const decoding: number[] = [];
  const publishing: number[] = [];
  for (let change = 1; change <= changes; change++) {
    const text = answers[change % 2] ?? '';
    const startedAt = performance.now();
    const body: unknown = JSON.parse(text);
    const parsedAt = performance.now();
    const read = endpointsOf(body);
    const decodedAt = performance.now();
    service.feed.endpoints(read);
    const publishedAt = performance.now();
    if (change <= changes / 10) continue;
    parsing.push(parsedAt - startedAt);
    decoding.push(decodedAt - parsedAt);
    publishing.push(publishedAt - decodedAt);
  }
  if (service.feed.table?.version !== changes + 1) throw new Error('not every change was published');
  return { answerKiB: Buffer.byteLength(answers[1] ?? '') / 1_024, parsing, decoding, publishing };
}

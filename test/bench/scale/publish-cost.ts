// How long an answer of the registry takes to be in force, and for how long other work waits meanwhile.

import { HealthDecoder } from '../../../src/discovery/consul/health-decoder.ts';
import { figureOf } from '../statistics.ts';
import { healthAnswer } from './health-answer.ts';
import { measuredService, published } from './measured-service.ts';
import type { ScaleRow } from './row.ts';
import { counted } from './row.ts';

const PART = 'A change of one endpoint, from the answer to the table in force';

/** Milliseconds, of each change. */
interface PublishTimes {
  readonly answerKiB: number;
  /** To parse the whole answer at once, for comparison. */
  readonly parsing: number[];
  readonly decoding: number[];
  readonly publishing: number[];
  /** The longest turn of the event loop. */
  readonly longest: number[];
}

/** @param changes how many changes are measured; the first tenth warms up */
export async function publishCost(sizes: readonly number[], changes: number): Promise<readonly ScaleRow[]> {
  const measured: { endpoints: number; times: PublishTimes }[] = [];
  for (const endpoints of sizes) measured.push({ endpoints, times: await publishTimes(endpoints, changes) });
  const row = (what: string, read: (times: PublishTimes) => number): ScaleRow => ({
    part: PART,
    what,
    figures: measured.map(({ endpoints, times }) => {
      return { name: `${counted(endpoints)} endpoints`, value: read(times) };
    }),
  });
  return [
    row('size of the answer, KiB', ({ answerKiB }) => answerKiB),
    row('JSON.parse of it all, for comparison, ms', ({ parsing }) => figureOf(parsing).median),
    row('decoding by difference, ms', ({ decoding }) => figureOf(decoding).median),
    row('publishing the table, ms', ({ publishing }) => figureOf(publishing).median),
    row('longest turn of the event loop, median, ms', ({ longest }) => figureOf(longest).median),
    row('longest turn of the event loop, worst, ms', ({ longest }) => Math.max(...longest)),
  ];
}

async function publishTimes(endpoints: number, changes: number): Promise<PublishTimes> {
  const answers = [healthAnswer(endpoints), healthAnswer(endpoints, 1)].map((text) => Buffer.from(text));
  const service = measuredService();
  const turns = watchedTurns();
  const decoder = new HealthDecoder({ taggedAddress: undefined });
  const times: PublishTimes = {
    answerKiB: (answers[1]?.length ?? 0) / 1_024,
    parsing: [],
    decoding: [],
    publishing: [],
    longest: [],
  };
  for (let change = 0; change <= changes; change++) {
    const answer = answers[change % 2] ?? Buffer.alloc(0);
    const parsingAt = performance.now();
    JSON.parse(answer.toString());
    const startedAt = performance.now();
    turns.begin();
    const read = await decoder.decode(answer);
    const decodedAt = performance.now();
    await published(service, read?.endpoints ?? []);
    const publishedAt = performance.now();
    const longest = turns.end();
    if (change <= changes / 10) continue;
    times.parsing.push(startedAt - parsingAt);
    times.decoding.push(decodedAt - startedAt);
    times.publishing.push(publishedAt - decodedAt);
    times.longest.push(longest);
  }
  if (service.feed.table?.version !== changes + 1) throw new Error('not every change was published');
  return times;
}

/** Looks at each turn of the event loop between `begin` and `end`, which says how long the longest was, in milliseconds. */
function watchedTurns(): { begin(): void; end(): number } {
  let began = 0;
  let longest = 0;
  let watching: NodeJS.Immediate | undefined;
  const look = (): void => {
    longest = Math.max(longest, performance.now() - began);
    began = performance.now();
  };
  const watch = (): void => {
    look();
    watching = setImmediate(watch);
  };
  return {
    begin: () => {
      longest = 0;
      began = performance.now();
      watching = setImmediate(watch);
    },
    end: () => {
      clearImmediate(watching);
      look();
      return longest;
    },
  };
}

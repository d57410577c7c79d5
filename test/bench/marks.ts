// What the ambassador promises of its speed, judged from the figures, or not judged where the rounds lie too far apart.

import type { Percentiles } from './load/load-job.ts';
import type { BenchResults, Mark, RoundFigures } from './results.ts';
import { DIRECT } from './results.ts';
import type { Figure } from './statistics.ts';
import { differenceOf, ratioOf, spreadOf } from './statistics.ts';

/** Processor time for each request, against the bare fastify + undici prototype. */
const MOST_OF_PROTOTYPE = 1.15;
/** Milliseconds over direct. */
const MOST_ADDED_P50 = 0.5;
const MOST_ADDED_P99 = 1.5;
/** The p99 is only judged where HAProxy shows that the machine lets a proxy be quick. */
const MOST_ADDED_P99_BY_HAPROXY = 1;

/** Rounds whose middle half differs by more than this share say nothing about a ratio near its limit. */
const MOST_SPREAD = 0.15;
/** Fewer rounds say nothing at all. */
const FEWEST_ROUNDS = 4;

const SUBJECT = 'ambassador';
const NODE_PEERS_AND_CADDY = ['fast-proxy', '@fastify/http-proxy', 'http-proxy-3', 'Caddy'];

export function judge({ shapes }: Pick<BenchResults, 'shapes'>): readonly Mark[] {
  const rounds = shapes.find(({ name }) => name === 'small')?.rounds ?? {};
  const subject = rounds[SUBJECT];
  if (subject === undefined || subject.length < FEWEST_ROUNDS) return [];
  const against = (name: string, limit: number, strictly: boolean): Mark[] => {
    const other = rounds[name];
    if (other === undefined) return [];
    const ratio = ratioOf(subject.map(cpu), other.map(cpu));
    return [
      {
        mark: `processor time for each request ${strictly ? 'below' : `at most ${limit} ×`} ${name}`,
        measured: `${ratio.median.toFixed(2)} × (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`,
        verdict: verdictOf(ratio, limit, spreadOf(ratio) > MOST_SPREAD),
      },
    ];
  };
  return [
    ...against('prototype', MOST_OF_PROTOTYPE, false),
    ...NODE_PEERS_AND_CADDY.flatMap((name) => against(name, 1, true)),
    ...latencyMarks(rounds, subject),
  ];
}

function latencyMarks(
  rounds: Readonly<Record<string, readonly RoundFigures[]>>,
  subject: readonly RoundFigures[],
): readonly Mark[] {
  const direct = rounds[DIRECT];
  if (direct === undefined) return [];
  const added = (of: readonly RoundFigures[], at: keyof Percentiles): Figure =>
    differenceOf(
      of.map(({ latency }) => latency[at]),
      direct.map(({ latency }) => latency[at]),
    );
  const haproxy = rounds['HAProxy'];
  const quietEnough = haproxy !== undefined && added(haproxy, 'p99').median <= MOST_ADDED_P99_BY_HAPROXY;
  return [
    latencyMark('p50', MOST_ADDED_P50, added(subject, 'p50'), true),
    latencyMark('p99', MOST_ADDED_P99, added(subject, 'p99'), quietEnough),
  ];
}

function latencyMark(name: string, limit: number, added: Figure, judged: boolean): Mark {
  return {
    mark: `added latency at 1,000 requests/s, ${name} at most ${limit} ms`,
    measured:
      `${added.median.toFixed(2)} ms (${added.low.toFixed(2)} to ${added.high.toFixed(2)})` +
      (judged ? '' : '; HAProxy did not show that this machine is quiet enough'),
    verdict: verdictOf(added, limit, !judged || added.high - added.low > limit),
  };
}

/** Where the rounds lie on the same side of the limit, their distance from each other does not matter. */
function verdictOf({ median, low, high }: Figure, limit: number, doubtful: boolean): Mark['verdict'] {
  const unanimous = high <= limit || low > limit;
  if (Number.isNaN(median) || (doubtful && !unanimous)) return 'not judged';
  return median <= limit ? 'met' : 'missed';
}

function cpu({ cpuMicroseconds }: RoundFigures): number {
  return cpuMicroseconds ?? Number.NaN;
}

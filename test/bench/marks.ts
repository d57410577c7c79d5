// What the ambassador promises of its speed, judged from the figures, or not judged where the rounds lie too far apart.

import type { Percentiles } from './load/load-job.ts';
import type { BenchResults, Mark, RoundFigures } from './results.ts';
import { DIRECT } from './results.ts';
import type { Figure } from './statistics.ts';
import { differenceOf, ratioOf, spreadOf } from './statistics.ts';

/** Processor time for each request, against the bare fastify + undici prototype. */
const MOST_OF_PROTOTYPE = 0.7;
/** Against the relay on bare sockets, which shows what Node.js allows. */
const MOST_OF_LEAN = 1.8;
/** Against the prototype, where content or connections weigh more than the head. */
const MOST_OF_PROTOTYPE_OTHERWISE = 0.8;
const MOST_ADDED_P99_OF_64K = 2;
/** Of a line for every request, in microseconds. */
const MOST_FOR_A_LINE = 4;
const MOST_RSS_AT_SATURATION_MIB = 90;
const MOST_RSS_WITH_1000_CONNECTIONS_MIB = 130;
const MOST_RSS_AT_REST_MIB = 68;
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

/** Peers whose figures the marks compare. */
const LINES = 'ambassador+lines';
const FIFTY_SERVICES = 'ambassador+50';

type Rounds = Readonly<Record<string, readonly RoundFigures[]>>;

export function judge({ shapes, peers }: Pick<BenchResults, 'shapes' | 'peers'>): readonly Mark[] {
  const of = (name: string): Rounds => {
    const rounds = shapes.find((shape) => shape.name === name)?.rounds ?? {};
    // Fewer rounds say nothing at all.
    return (rounds[SUBJECT]?.length ?? 0) < FEWEST_ROUNDS ? {} : rounds;
  };
  const [small, large, connections] = [of('small'), of('64k'), of('conns')];
  return [
    ...cpuMark(small, 'prototype', { limit: MOST_OF_PROTOTYPE }),
    ...cpuMark(small, 'lean', { limit: MOST_OF_LEAN }),
    ...lineMark(small),
    ...NODE_PEERS_AND_CADDY.flatMap((name) => cpuMark(small, name, { limit: 1, strictly: true })),
    ...latencyMarks(small),
    ...addedP99Mark(large, MOST_ADDED_P99_OF_64K, ', 64 KiB'),
    ...cpuMark(large, 'prototype', { limit: MOST_OF_PROTOTYPE_OTHERWISE, where: ', 64 KiB' }),
    ...cpuMark(connections, 'prototype', {
      limit: MOST_OF_PROTOTYPE_OTHERWISE,
      where: ', 1,000 connections',
    }),
    ...memoryMark(connections, MOST_RSS_WITH_1000_CONNECTIONS_MIB, 'with 1,000 connections'),
    ...memoryMark(small, MOST_RSS_AT_SATURATION_MIB, 'at saturation'),
    ...restMark(peers),
  ];
}

function cpuMark(
  rounds: Rounds,
  name: string,
  {
    limit,
    strictly = false,
    where = '',
  }: { readonly limit: number; readonly strictly?: boolean; readonly where?: string },
): readonly Mark[] {
  const { [SUBJECT]: subject, [name]: other } = rounds;
  if (subject === undefined || other === undefined) return [];
  const ratio = ratioOf(subject.map(cpu), other.map(cpu));
  return [
    {
      mark: `processor time for each request${where} ${strictly ? 'below' : `at most ${limit} ×`} ${name}`,
      measured: `${ratio.median.toFixed(2)} × (${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)})`,
      verdict: verdictOf(ratio, limit, spreadOf(ratio) > MOST_SPREAD),
    },
  ];
}

function lineMark(rounds: Rounds): readonly Mark[] {
  const { [SUBJECT]: subject, [LINES]: lines } = rounds;
  if (subject === undefined || lines === undefined) return [];
  const added = differenceOf(lines.map(cpu), subject.map(cpu));
  return [
    {
      mark: `a log line for every request adds at most ${MOST_FOR_A_LINE} µs`,
      measured: `${added.median.toFixed(1)} µs (${added.low.toFixed(1)} to ${added.high.toFixed(1)})`,
      verdict: verdictOf(added, MOST_FOR_A_LINE, added.high - added.low > MOST_FOR_A_LINE),
    },
  ];
}

/** The most of any round counts. */
function memoryMark(rounds: Rounds, limit: number, when: string): readonly Mark[] {
  const subject = rounds[SUBJECT];
  if (subject === undefined) return [];
  const most = Math.max(...subject.map(({ rssMiB }) => rssMiB ?? Number.NaN));
  return [memory(`resident memory ${when}`, most, limit)];
}

function restMark(peers: BenchResults['peers']): readonly Mark[] {
  const resting = peers.find(({ name }) => name === FIFTY_SERVICES);
  if (resting === undefined) return [];
  return [memory('resident memory at rest with 50 services', resting.rssAtRestMiB, MOST_RSS_AT_REST_MIB)];
}

function memory(what: string, measured: number, limit: number): Mark {
  return {
    mark: `${what} at most ${limit} MiB`,
    measured: `${measured.toFixed(0)} MiB`,
    verdict: measured <= limit ? 'met' : 'missed',
  };
}

function addedP99Mark(rounds: Rounds, limit: number, where: string): readonly Mark[] {
  const { [SUBJECT]: subject, [DIRECT]: direct } = rounds;
  if (subject === undefined || direct === undefined) return [];
  const p99 = (of: readonly RoundFigures[]): readonly number[] => of.map(({ latency }) => latency.p99);
  return [latencyMark(`p99${where}`, limit, differenceOf(p99(subject), p99(direct)), true)];
}

function latencyMarks(rounds: Rounds): readonly Mark[] {
  const { [SUBJECT]: subject, [DIRECT]: direct } = rounds;
  if (subject === undefined || direct === undefined) return [];
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

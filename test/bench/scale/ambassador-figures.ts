// What a running ambassador has used so far, and what that comes to over a time.

import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { cpuMicroseconds, residentMiB } from '../process-figures.ts';
import type { ByteRelay } from './byte-relay.ts';
import type { ScaleFigure } from './row.ts';

export interface AmbassadorFigures {
  /** Milliseconds. */
  readonly at: number;
  readonly cpuMicroseconds: number;
  readonly catalogQueries: number;
  readonly healthQueries: number;
  /** From and to Consul. */
  readonly bytes: number;
  /** Since the figures were taken before; Node.js counts its own interval of 10 ms in. */
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly rssMiB: number;
}

export async function ambassadorFigures(
  ambassador: AmbassadorProcess,
  relay: ByteRelay,
): Promise<AmbassadorFigures> {
  // One page for all: each scrape begins the event loop's figures anew.
  const page = (await ambassador.metrics()).split('\n');
  const sum = (pattern: RegExp): number =>
    page
      .filter((line) => pattern.test(line))
      .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  return {
    at: performance.now(),
    cpuMicroseconds: cpuMicroseconds(ambassador.pid),
    catalogQueries: sum(/^ambassador_consul_queries_total\{kind="catalog"/),
    healthQueries: sum(/^ambassador_consul_queries_total\{kind="health"/),
    bytes: relay.answered + relay.asked,
    lagP99Ms: sum(/^nodejs_eventloop_lag_p99_seconds /) * 1_000,
    lagMaxMs: sum(/^nodejs_eventloop_lag_max_seconds /) * 1_000,
    rssMiB: residentMiB(ambassador.pid),
  };
}

export function figuresBetween(before: AmbassadorFigures, after: AmbassadorFigures): readonly ScaleFigure[] {
  const seconds = (after.at - before.at) / 1_000;
  const rate = (read: (figures: AmbassadorFigures) => number): number =>
    (read(after) - read(before)) / seconds;
  return [
    { name: 'CPU, %', value: rate((figures) => figures.cpuMicroseconds) / 1e4 },
    { name: 'RSS, MiB', value: after.rssMiB },
    { name: 'health queries/s', value: rate(({ healthQueries }) => healthQueries) },
    { name: 'catalog queries/s', value: rate(({ catalogQueries }) => catalogQueries) },
    { name: 'from and to Consul, KiB/s', value: rate(({ bytes }) => bytes) / 1_024 },
    { name: 'event-loop lag p99, ms', value: after.lagP99Ms },
    { name: 'max, ms', value: after.lagMaxMs },
  ];
}

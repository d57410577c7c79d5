// What the figures were measured on.

import { cpus, loadavg, release, totalmem, type } from 'node:os';

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
}

export function thisMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1_024 ** 3),
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

/** The load average of the last minute, which counts the benchmark itself too. */
export function loadAverage(): number {
  return loadavg()[0] ?? 0;
}

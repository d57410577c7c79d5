// How much memory another process holds, as Linux says it. Source: proc(5), /proc/PID/status and /proc/PID/clear_refs.

import { readFileSync, writeFileSync } from 'node:fs';

/** Bytes that it holds now. */
export function residentBytes(pid: number): number {
  return kilobytes(pid, 'VmRSS') * 1024;
}

/** From now on `peakBytes` is the most since now. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** The most bytes that it has held at once, since its start or since `resetPeak`. */
export function peakBytes(pid: number): number {
  return kilobytes(pid, 'VmHWM') * 1024;
}

function kilobytes(pid: number, field: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
}

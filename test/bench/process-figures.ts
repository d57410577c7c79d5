// What a process has used so far, as the system counts it.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second towards user space, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100;

/** User and system time of all its threads, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  if (process.platform !== 'linux') return psCpuMicroseconds(ps(pid, 'time'));
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name, in parentheses, may hold anything.
  const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(user) + Number(system)) / TICKS_PER_SECOND) * 1e6;
}

/** Resident memory, in MiB. */
export function residentMiB(pid: number): number {
  if (process.platform !== 'linux') return Number(ps(pid, 'rss')) / 1_024;
  const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return Number(kib) / 1_024;
}

/** `1-02:03:04.56` of ps, with or without days and hours. */
export function psCpuMicroseconds(text: string): number {
  const [, days = '0', rest = ''] = /^(?:(\d+)-)?([\d:.]+)$/.exec(text.trim()) ?? [];
  const seconds = rest.split(':').reduce((total, part) => total * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1e6;
}

function ps(pid: number, column: string): string {
  return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' });
}

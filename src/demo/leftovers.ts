// What must not outlive this process: children and temporary folders, taken away however the process ends
// (short of SIGKILL, which cannot be handled).

import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';

const children = new Set<ChildProcess>();
const folders = new Set<string>();
let watching = false;

/** Kills `child` when this process ends. Forgotten by itself once the child has ended. */
export function endWithThisProcess(child: ChildProcess): void {
  watchExit();
  children.add(child);
  child.once('exit', () => children.delete(child));
}

/** Removes the folder when this process ends, unless `removeNow` did. */
export function removeWithThisProcess(folder: string): void {
  watchExit();
  folders.add(folder);
}

export function removeNow(folder: string): void {
  folders.delete(folder);
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

function watchExit(): void {
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const child of children) child.kill('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    // First in line, so that a listener added by `once` still counts.
    process.prependListener(signal, () => {
      // By default a signal ends the process without the event 'exit'. Other listeners decide instead.
      if (process.listenerCount(signal) === 1) process.exit(exitCode);
    });
  }
}

// A fault that nobody caught. The application beside this process has no network without it, and a request's state
// is its own: the fault is told loudly, and only a series of them ends the process.

import type { MainLog } from '../observe/log/main-log.ts';
import { EXIT } from './command.ts';

/** More faults than this within the window are not a mishap any more. */
const TOLERATED = 10;
const WINDOW_MS = 10_000;

export function guardAgainstCrashes(log: MainLog): void {
  let recent: number[] = [];
  const tell = (error: unknown): void => {
    const now = performance.now();
    recent = [...recent.filter((at) => now - at < WINDOW_MS), now];
    log.logger.error({ err: error }, 'an unexpected fault; please report it');
    if (recent.length <= TOLERATED) return;
    log.logger.error({ faults: recent.length }, 'too many unexpected faults: ending');
    log.flush();
    process.exit(EXIT.failed);
  };
  process.on('uncaughtException', tell);
  process.on('unhandledRejection', tell);
}

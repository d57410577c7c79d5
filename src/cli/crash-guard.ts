// The last resort for faults of ours that nothing caught. The application beside this process has no network without it,
// and the state of a request is its own: the fault is recorded, and the process stays.

import type { FaultRecord } from '../observe/log/fault-record.ts';
import type { MainLog } from '../observe/log/main-log.ts';

export function guardAgainstCrashes({ logger }: MainLog, faults: FaultRecord): void {
  process.on('uncaughtException', (fault) => faults.record(fault));
  process.on('unhandledRejection', (fault) => faults.record(fault));
  // Node.js itself writes them to standard error, and waits for its reader.
  process.removeAllListeners('warning');
  process.on('warning', (warning) => logger.warn({ err: warning }, warning.message));
}

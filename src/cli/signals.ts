import type { MainLog } from '../log/main-log.ts';

const ENDING = ['SIGTERM', 'SIGINT'] as const;

/** Exit codes of a process that a signal ended: 128 and its number. */
const SIGNAL_EXIT = { SIGTERM: 143, SIGINT: 130 } as const;

/**
 * Resolves at the first signal that asks to stop. From then on another one ends the process at once. A hang-up is
 * no reason to stop: the application beside it still needs its network.
 */
export function untilSignal(log: MainLog): Promise<void> {
  process.on('SIGHUP', () =>
    log.logger.info({}, 'SIGHUP: nothing is reloaded; restart to read the configuration anew'),
  );
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of ENDING) {
      process.on(signal, () => {
        if (stopping) {
          log.logger.warn({ signal }, `${signal} again: ending at once`);
          log.flush();
          process.exit(SIGNAL_EXIT[signal]);
        }
        stopping = true;
        log.logger.info({ signal }, `${signal}`);
        resolve();
      });
    }
    // Timers do not keep the process alive, and neither does a listener that has been told to close.
    keepAliveUntilStopped();
  });
}

/** Nothing else may hold the event loop open while every connection is idle. */
function keepAliveUntilStopped(): void {
  setInterval(() => {}, 2 ** 30);
}

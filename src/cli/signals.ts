import type { MainLog } from '../observe/log/main-log.ts';

const ENDING = ['SIGTERM', 'SIGINT'] as const;

/** Exit codes of a process that a signal ended: 128 and its number. */
const SIGNAL_EXIT = { SIGTERM: 143, SIGINT: 130 } as const;

/**
 * Resolves at the first signal that asks to stop. From then on another one ends the process at once. A hang-up is
 * no reason to stop: the application beside it still needs its network.
 */
export function untilSignal(log: MainLog, hungUp: () => void): Promise<void> {
  process.on('SIGHUP', hungUp);
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
  });
}

/**
 * Keeps the process alive, since its own timers do not.
 * @returns lets it end
 */
export function holdOpen(): () => void {
  const timer = setInterval(() => {}, LONGEST_TIMER_MS);
  return () => clearInterval(timer);
}

const LONGEST_TIMER_MS = 2 ** 31 - 1;

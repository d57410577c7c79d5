import type { MainLog } from '../observe/log/main-log.ts';
import { onHangUp, WITHOUT_MEANING } from './early-signals.ts';
import { leave } from './leave.ts';

const ENDING = ['SIGTERM', 'SIGINT'] as const;

export type EndingSignal = (typeof ENDING)[number];

/** Exit codes of a process that a signal ended: 128 and its number. */
const SIGNAL_EXIT = { SIGTERM: 143, SIGINT: 130 } as const;

/** How long the line about a second signal may take, in milliseconds. */
const LAST_LINE_WITHIN_MS = 100;

/**
 * Resolves at the first signal that asks to stop. From then on another one ends the process at once. A hang-up is
 * no reason to stop: the application beside it still needs its network.
 */
export function untilSignal(log: MainLog, hungUp: () => void): Promise<EndingSignal> {
  onHangUp(hungUp);
  for (const signal of WITHOUT_MEANING) {
    process.on(signal, () => log.logger.info({ signal }, `${signal}, which means nothing here`));
  }
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of ENDING) {
      process.on(signal, () => {
        if (stopping) {
          log.logger.warn({ signal }, `${signal} again: ending at once`);
          void log.flush(LAST_LINE_WITHIN_MS).then(() => leave(SIGNAL_EXIT[signal]));
          return;
        }
        stopping = true;
        log.logger.info({ signal }, `${signal}`);
        resolve(signal);
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

import type { MainLog } from '../observe/log/main-log.ts';
import { leave } from './leave.ts';

const ENDING = ['SIGTERM', 'SIGINT'] as const;

/** By default Node.js opens its debugger at the one and ends at the other. Who rotates logs may send them. */
const WITHOUT_MEANING = ['SIGUSR1', 'SIGUSR2'] as const;

export type EndingSignal = (typeof ENDING)[number];

/** Exit codes of a process that a signal ended: 128 and its number. */
const SIGNAL_EXIT = { SIGTERM: 143, SIGINT: 130 } as const;

/** How long the line about a second signal may take, in milliseconds. */
const LAST_LINE_WITHIN_MS = 100;

let hungUpBefore = false;

const remember = (): void => {
  hungUpBefore = true;
};

/** Keeps hang-ups that come before `untilSignal` listens, which reports them then: one would end the process. */
export function rememberHangUps(): void {
  process.on('SIGHUP', remember);
}

/**
 * Resolves at the first signal that asks to stop. From then on another one ends the process at once. A hang-up is
 * no reason to stop: the application beside it still needs its network.
 */
export function untilSignal(log: MainLog, hungUp: () => void): Promise<EndingSignal> {
  process.on('SIGHUP', hungUp);
  process.off('SIGHUP', remember);
  if (hungUpBefore) hungUp();
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

import type { Clock } from './clock.ts';

/**
 * Waits `delayMs`, or less when `signal` aborts first. It never rejects: look at `signal.aborted` after.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const finish = (): void => {
      task.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const task = clock.schedule(delayMs, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

import type { Clock } from '../../core/clock.ts';
import type { Call } from '../call.ts';

/** Waits, or less when the call is cancelled: look at `call.cancelled` after. */
export function pause(call: Call, clock: Clock, delayMs: number): Promise<void> {
  if (call.cancelled !== undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      task.cancel();
      forget();
      resolve();
    };
    const task = clock.schedule(delayMs, finish);
    const forget = call.onCancel(finish);
  });
}

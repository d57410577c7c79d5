import { scheduler } from 'node:timers/promises';
import { systemClock } from '../core/system-clock.ts';

/** A pause that, unlike a timer of the clock, keeps the process alive. It ends early when `signal` aborts. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await scheduler.wait(ms, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    if (signal?.aborted !== true) throw error;
  });
}

/**
 * Asks `probe` every 50 ms until it returns something other than undefined, and returns that.
 * @throws after `timeoutMs`, or what the probe throws
 */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  probe: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = systemClock.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (systemClock.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await pause(50);
  }
}

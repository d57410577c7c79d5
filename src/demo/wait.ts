import { scheduler } from 'node:timers/promises';
import { systemClock } from '../core/clock.ts';

/** A pause that, unlike a timer of the clock, keeps the process alive. */
export function pause(ms: number): Promise<void> {
  return scheduler.wait(ms);
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

// A clock that is read once for each turn of the event loop, since what happens within one happens at one time.

import type { Clock } from './clock.ts';

/**
 * A request asks for the time some 25 times in the two turns that it takes, which is an eighth of the processor time of
 * this process (13 against 15 µs a request). Measuring work within a turn needs the clock itself.
 */
export function turnClock(clock: Clock): Clock {
  let time: number | undefined;
  const turnOver = Promise.resolve();
  const forget = (): void => {
    time = undefined;
  };
  return {
    now: () => {
      if (time === undefined) {
        time = clock.now();
        void turnOver.then(forget);
      }
      return time;
    },
    wallTime: () => clock.wallTime(),
    schedule: (delayMs, task) => clock.schedule(delayMs, task),
  };
}

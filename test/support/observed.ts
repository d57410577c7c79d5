import type { CompleteObserver, Observer } from '../../src/core/events.ts';
import { combineObservers } from '../../src/core/events.ts';

/** Reports to these listeners. One that throws fails the test that runs. */
export function observed(...listeners: readonly Observer[]): CompleteObserver {
  return combineObservers(listeners, (_event, thrown) => {
    queueMicrotask(() => {
      throw thrown;
    });
  });
}

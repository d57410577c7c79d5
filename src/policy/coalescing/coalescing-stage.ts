// The coalescing stage: calls that ask the same at the same time are one call.

import type { Clock } from '../../core/clock.ts';
import type { Send, Stage } from '../call.ts';
import { coalescingKey } from './coalescing-key.ts';
import type { CoalescingOptions } from './coalescing-options.ts';
import { SharedFlight } from './shared-flight.ts';

export interface CoalescingDependencies {
  readonly service: string;
  readonly clock: Clock;
}

/**
 * Belongs outside of all limits: a caller that waits for another's response costs the service nothing. No caller joins once the
 * head of the response has come, since the body may be gone by then.
 */
export function coalescingStage(options: CoalescingOptions, dependencies: CoalescingDependencies): Stage {
  const { service, clock } = dependencies;
  const flights = new Map<string, SharedFlight>();
  return (next) => {
    const send: Send = (call) => {
      const key = coalescingKey(call.request, options);
      if (key === undefined || call.cancelled !== undefined) return next(call);
      const underWay = flights.get(key);
      if (underWay !== undefined) {
        call.flag('CL');
        return underWay.join(call, true);
      }
      const flight = new SharedFlight(call, {
        service,
        clock,
        bufferBytes: options.buffer,
        patienceMs: options.patience,
        onClosed: () => flights.delete(key),
        again: send,
        alone: next,
      });
      flights.set(key, flight);
      const result = flight.join(call, false);
      flight.start(next);
      return result;
    };
    return send;
  };
}

// The registration of the application beside the ambassador, in words.

import type { Level } from './service-status.ts';
import type { Overview } from './wire.ts';

export type Registration = NonNullable<Overview['registration']>;

/** What keeps the application from being found; undefined while nothing does. */
export function registrationFault({ state, failure, portFault }: Registration): string | undefined {
  if (state === 'deregistered') return undefined;
  if (failure !== null) return failure;
  return portFault === null ? undefined : `its port does not answer: ${portFault}`;
}

export function registrationLevel(registration: Registration): Level {
  if (registrationFault(registration) !== undefined) return 'warning';
  return registration.state === 'registered' ? 'ok' : 'info';
}

// The registration of the application beside the ambassador, as people see it.

import type { RegistrationPhase, RegistrationState } from '../registration/registration-state.ts';

export interface RegistrationView {
  readonly service: string;
  /** Of the instance, in Consul. */
  readonly id: string;
  readonly state: RegistrationPhase;
  readonly since: string;
  /** What keeps it from being registered, or its checks from being reported. */
  readonly failure: string | null;
  /** Why the last connection to its port failed. */
  readonly portFault: string | null;
}

export function registrationView(state: RegistrationState | undefined): RegistrationView | null {
  if (state === undefined) return null;
  const { service, id, phase, since, failure, portFault } = state;
  return {
    service,
    id,
    state: phase,
    since: new Date(since).toISOString(),
    failure: failure ?? null,
    portFault: portFault ?? null,
  };
}

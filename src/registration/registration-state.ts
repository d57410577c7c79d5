// What is known of the registration, for logs, the admin API and the command line.

export type RegistrationPhase =
  /** Its port has not answered yet: nothing is registered. */
  | 'waiting_for_port'
  /** The agent is being asked to register it, or to say whether it still knows it. */
  | 'registering'
  | 'registered'
  /** It stays in Consul, and gets no calls. */
  | 'maintenance'
  | 'deregistered';

export interface RegistrationState {
  readonly service: string;
  readonly id: string;
  readonly phase: RegistrationPhase;
  /** Milliseconds since the Unix epoch, of the phase. */
  readonly since: number;
  /** What keeps it from the next phase, or its checks from being reported. */
  readonly failure: string | undefined;
  /** Why the last connection to its port failed; undefined when it was accepted, or none was made yet. */
  readonly portFault: string | undefined;
}

// When a stopping ambassador has nothing left to do. Pure.

/** What callers do while the ambassador stops. */
export interface CallersState {
  /** Requests under way, tunnels among them. */
  readonly active: number;
  /** Connections of callers that are open. */
  readonly connections: number;
  /** Milliseconds since the last request ended, or since the stop began. */
  readonly quietForMs: number;
}

/**
 * How long no request must have come before an application counts as gone that keeps no connection open, in
 * milliseconds: applications say goodbye to others while they shut down.
 */
export const QUIET_MS = 2_000;

/** @param applicationMayCall whether an application beside it may still be shutting down, and call */
export function isDrained(callers: CallersState, applicationMayCall: boolean): boolean {
  const { active, connections, quietForMs } = callers;
  if (active > 0) return false;
  return !applicationMayCall || (connections === 0 && quietForMs >= QUIET_MS);
}

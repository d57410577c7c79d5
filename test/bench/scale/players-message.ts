// What a process that plays ambassadors is told, what it tells, and how a change is known from others.

/** The key of an instance's metadata whose value names the change. */
export const CHANGE_KEY = 'change';

export interface PlayersOrder {
  readonly address: string;
  /** The services of each ambassador. */
  readonly follow: readonly (readonly string[])[];
  readonly watchesNames: boolean;
}

export interface PlayersFigures {
  /** Tables that are still awaited. */
  readonly waiting: number;
  /** Since the start. */
  readonly healthQueries: number;
  /** For names, and for which agent answers. */
  readonly otherQueries: number;
  readonly failedQueries: number;
  /** From and to Consul, since the start. */
  readonly bytes: number;
  /** Since the last figures: which change was known to one more ambassador, and when (`machineMs`). */
  readonly arrivals: readonly (readonly [change: string, at: number])[];
}

/** Milliseconds on a clock that all processes of this machine share. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

// Whether a sudden loss of endpoints is believed. Consul has answered valid, empty, untrue lists: a follower just
// restarted answers stale reads before it has its data (hashicorp/consul#4554), and a server whose data was wiped
// answers truthfully of a world that forgot what still runs.

/** What is known of an answer that loses endpoints. */
export interface ShrinkEvidence {
  /** Endpoints in force. */
  readonly before: number;
  /** How many of them the answer still has; in doubt, those in use only when they can be used. */
  readonly kept: number;
  /** How many the answer has in all. */
  readonly after: number;
  /** It was read from the leader, after the first one. */
  readonly confirmed: boolean;
  /** The registry is not the one that the endpoints in force came from: its index went back, or its agent is another. */
  readonly amnesia: boolean;
  /** It may be, and has not been asked. */
  readonly inDoubt: boolean;
  /** It has lost its data since it spoke to this process. */
  readonly lostData: boolean;
  /** For how long an empty answer after such a loss has been held back already, in milliseconds. */
  readonly heldForMs: number;
}

/**
 * - `believe`: publish it;
 * - `confirm`: ask the leader first;
 * - `restore`: use it together with the endpoints in force, until the service is whole again;
 * - `hold`: keep the endpoints in force; those that are gone will fail and be ejected.
 */
export type ShrinkVerdict = 'believe' | 'confirm' | 'restore' | 'hold';

/** A loss of more than this share at once is asked about again … */
const SUSPICIOUS_LOSS = 0.6;
/** … when there were at least so many. */
const SUSPICIOUS_FROM = 3;

/** How long a registry that forgot everything may take to be told again, in milliseconds. */
export const HOLD_EMPTY_MS = 600_000;

export function judgeShrink(evidence: ShrinkEvidence): ShrinkVerdict {
  const { before, kept, after, confirmed, amnesia, inDoubt, lostData, heldForMs } = evidence;
  if (before === 0) return 'believe';
  const lost = before - kept;
  const suspicious =
    after === 0 || (lost > 0 && inDoubt) || (before >= SUSPICIOUS_FROM && lost > before * SUSPICIOUS_LOSS);
  if (!suspicious) return 'believe';
  if (!confirmed) return 'confirm';
  if (after === 0 && amnesia && heldForMs < HOLD_EMPTY_MS) return 'hold';
  if (after > 0 && lost > 0 && lostData) return 'restore';
  return 'believe';
}

// How far an answer of Consul can be relied on: any server answers a stale read, with what it heard from its leader last.
// Source: Consul docs, "Consistency Modes".

import type { DiscoveryFailure } from '../../endpoint/discovery-state.ts';

export interface LeaderContact {
  /** X-Consul-LastContact in milliseconds, undefined when absent, as it is with the streaming backend. */
  readonly lastContactMs: number | undefined;
  /** X-Consul-KnownLeader, undefined when absent, which does not mean that there is none. */
  readonly knownLeader: boolean | undefined;
}

/** A server that never heard from a leader says some 292 years. */
const LONGEST_MS = 24 * 3_600_000;

export function readContact(header: (name: string) => string | undefined): LeaderContact {
  const lastContact = header('x-consul-lastcontact');
  const ms = Number(lastContact);
  const knownLeader = header('x-consul-knownleader');
  return {
    lastContactMs:
      lastContact === undefined || !Number.isFinite(ms) || ms < 0 ? undefined : Math.min(ms, LONGEST_MS),
    knownLeader: knownLeader === undefined ? undefined : knownLeader === 'true',
  };
}

/** Why an answer confirms nothing: what it says may be as old as the server's last contact. */
export function leaderlessDoubt({ knownLeader, lastContactMs }: LeaderContact): DiscoveryFailure | undefined {
  if (knownLeader !== false) return undefined;
  const since =
    lastContactMs === undefined
      ? ''
      : `, and the one that answered has heard from none for ${inSeconds(lastContactMs)}`;
  return {
    kind: 'server_error',
    detail: `Consul's servers have no leader${since}; what it knew then is used`,
  };
}

function inSeconds(ms: number): string {
  return ms >= LONGEST_MS ? 'a day or more' : `${Math.round(ms / 1_000)} s`;
}

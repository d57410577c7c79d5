// Which rule a token lacks whose question Consul refused.

import type { DiscoveryFailure } from '../../endpoint/discovery-state.ts';

/** Consul says so of a token that has expired, was deleted, or never was: no rule would help it. */
export function isUnknownToken({ detail }: DiscoveryFailure): boolean {
  return detail.includes('ACL not found');
}

/** The failure for people, with the rule where one would help. */
export function namingRule(failure: DiscoveryFailure, rule: string): string {
  const { kind, detail } = failure;
  return kind === 'permission_denied' && !isUnknownToken(failure)
    ? `${detail}; the token needs the rule ${rule}`
    : detail;
}

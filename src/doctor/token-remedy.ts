// What to do about a question that Consul refused to answer.

import type { DiscoveryFailure } from '../endpoint/discovery-state.ts';

export const VALID_TOKEN =
  'give consul.tokenFile, consul.token or CONSUL_HTTP_TOKEN a token that exists in that datacenter';

/** @param rule what a token needs that is valid */
export function tokenRemedy({ detail }: DiscoveryFailure, rule: string): string {
  return detail.includes('ACL not found') ? VALID_TOKEN : `give the token the rule ${rule}`;
}

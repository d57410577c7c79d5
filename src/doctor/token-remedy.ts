// What to do about a question that Consul refused to answer.

import { isUnknownToken } from '../discovery/consul/missing-rule.ts';
import type { DiscoveryFailure } from '../endpoint/discovery-state.ts';

export const VALID_TOKEN =
  'give consul.tokenFile, consul.token or CONSUL_HTTP_TOKEN a token that exists in that datacenter';

/** @param rule what a token needs that is valid */
export function tokenRemedy(failure: DiscoveryFailure, rule: string): string {
  return isUnknownToken(failure) ? VALID_TOKEN : `give the token the rule ${rule}`;
}

// Which route of a service's chain a request takes, as `ambassador explain` says it.

import type { ExplainedChainRoute } from '../admin/explain-view.ts';

/** Such as "takes route 1 of 2 of Consul's entries (path /admin…): 90 % to payments v1 (else payments@dc2), 10 % to payments v2". */
export function chainRouteText({ from, number, count, match, splits }: ExplainedChainRoute): string {
  const whose = from === 'consul' ? "Consul's entries" : 'the split or failover of the configuration';
  const which = count === 1 ? 'the only route' : `route ${number} of ${count}`;
  const requests = match === null ? '' : ` (${match})`;
  const targets = splits.map(({ share, tiers }) => {
    const [first = '', ...others] = tiers.map(({ target }) => target);
    const part = splits.length === 1 ? '' : `${Math.round(share * 1_000) / 10} % `;
    return `${part}to ${first}${others.length === 0 ? '' : ` (else ${others.join(', then ')})`}`;
  });
  return `takes ${which} of ${whose}${requests}: ${targets.join(', ')}`;
}

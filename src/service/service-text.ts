// What happens to a service, in sentences for the log and the timeline.

import type { ChainFacts } from '../core/chain-facts.ts';
import type { Failover } from '../core/failover-facts.ts';
import type { DiscoveryFailure } from '../endpoint/discovery-state.ts';
import type { Panic } from '../endpoint/panic.ts';

export function discoveryFailedText(service: string, { kind, detail }: DiscoveryFailure): string {
  if (kind === 'suspicious_shrink') return `What discovery says of ${service} is not trusted: ${detail}`;
  return `The endpoints of ${service} cannot be read, and the last known ones, if any, stay in use: ${detail}`;
}

export function discoveryRecoveredText(service: string): string {
  return `The endpoints of ${service} can be read again.`;
}

/** Such as "Requests of orders go to orders@dc2, since orders has no endpoint to use." */
export function failoverText(service: string, failovers: readonly Failover[]): string {
  if (failovers.length === 0) return `Requests of ${service} fail over no longer.`;
  const told = failovers
    .slice(0, MAX_TOLD_ROUTES)
    .map(
      ({ from, to, isEmpty }) =>
        `to ${to}, since ${from} has ${isEmpty ? 'no endpoint' : 'too few endpoints'} to use`,
    );
  const more = failovers.length - told.length;
  return `Requests of ${service} go ${told.join('; ')}${more > 0 ? `; and so for ${more} more` : ''}.`;
}

/** Such as "Requests of payments go 90 % to payments/v1, 10 % to payments/v2 (else payments/v2@dc2), as Consul's entries say." */
export function chainText(service: string, chain: ChainFacts | undefined): string {
  if (chain === undefined) return `${service} has no chain any more: its requests go to its own endpoints.`;
  const routes = chain.routes.map(({ splits }) => {
    const total = splits.reduce((sum, { weight }) => sum + weight, 0);
    return splits
      .map(({ weight, destination: { tiers } }) => {
        const [first, ...others] = tiers.map(({ label }) => label);
        const share = splits.length === 1 ? '' : `${Math.round((weight / total) * 1_000) / 10} % `;
        return `${share}to ${first ?? ''}${others.length === 0 ? '' : ` (else ${others.join(', then ')})`}`;
      })
      .join(', ');
  });
  const shown = routes
    .slice(0, MAX_TOLD_ROUTES)
    .map((route, i) => (routes.length === 1 ? route : `by route ${i + 1} ${route}`));
  const more = routes.length > MAX_TOLD_ROUTES ? `; and ${routes.length - MAX_TOLD_ROUTES} more routes` : '';
  const who = chain.from === 'consul' ? "Consul's entries say" : 'the configuration says';
  return `Requests of ${service} go ${shown.join('; ')}${more}, as ${who}.`;
}

export function copiesLostText(service: string, detail: string): string {
  return `The copies of requests of ${service} reach nobody: ${detail}`;
}

/** How many routes of a chain a sentence speaks of. */
const MAX_TOLD_ROUTES = 3;

const PANIC_TEXTS = {
  all_ejected: 'every usable endpoint is ejected, so that requests go to them all the same',
  all_critical: 'no endpoint is usable, so that requests go to critical ones',
} as const satisfies Record<Exclude<Panic, 'none'>, string>;

export function panicText(service: string, panic: Panic): string {
  return panic === 'none' ? `${service} is out of panic.` : `${service} is in panic: ${PANIC_TEXTS[panic]}.`;
}

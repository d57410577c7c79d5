// Which endpoints may be picked, and what is left to do when discovery and outlier detection rule all of them out.

import type { Endpoint } from '../endpoint/endpoint.ts';
import { isCallable, unusableReason } from '../endpoint/endpoint.ts';
import type { Panic } from '../endpoint/panic.ts';

export interface PanicMember {
  readonly endpoint: Endpoint;
  /** Outlier detection or an operator has taken it out for now. */
  readonly ejected: boolean;
}

export interface Eligible<M extends PanicMember> {
  /** Empty when there is nothing to pick. */
  readonly candidates: readonly M[];
  readonly panic: Panic;
}

/**
 * The usable endpoints that are not ejected. When there are none and `panic` is on: all usable ones in spite of
 * their ejection; when there are none of these either, all critical ones, never one in maintenance, without a port,
 * with weight 0, or with an address that is not to be called.
 */
export function eligibleEndpoints<M extends PanicMember>(
  members: readonly M[],
  options: { readonly panic: boolean },
): Eligible<M> {
  const usable = members.filter(({ endpoint }) => unusableReason(endpoint) === undefined);
  const healthy = usable.filter(({ ejected }) => !ejected);
  if (healthy.length > 0 || !options.panic) return { candidates: healthy, panic: 'none' };
  if (usable.length > 0) return { candidates: usable, panic: 'all_ejected' };
  const critical = members.filter(({ endpoint }) => endpoint.health === 'critical' && isCallable(endpoint));
  return { candidates: critical, panic: critical.length > 0 ? 'all_critical' : 'none' };
}

/** Whether there is one that `eligibleEndpoints` takes without a panic. */
export function hasHealthy(members: Iterable<PanicMember>): boolean {
  for (const { endpoint, ejected } of members) {
    if (!ejected && unusableReason(endpoint) === undefined) return true;
  }
  return false;
}

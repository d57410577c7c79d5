// Reports when requests begin to go to another tier than their first, and when they no longer do.

import { isDeepStrictEqual } from 'node:util';
import type { CompleteObserver } from '../core/events.ts';
import type { Failover } from '../core/failover-facts.ts';
import type { FollowedChain } from './followed-chain.ts';

export class FailoverReports {
  readonly #service: string;
  readonly #observer: Pick<CompleteObserver, 'failoverChanged'>;
  #reported: readonly Failover[] = [];

  constructor(service: string, observer: Pick<CompleteObserver, 'failoverChanged'>) {
    this.#service = service;
    this.#observer = observer;
  }

  update(followed: FollowedChain | undefined): void {
    const now = failoversOf(followed);
    if (isDeepStrictEqual(now, this.#reported)) return;
    this.#reported = now;
    this.#observer.failoverChanged(this.#service, now);
  }
}

/** Of each destination that another tier serves now. While a tier is in panic, that is what is told. */
export function failoversOf(followed: FollowedChain | undefined): readonly Failover[] {
  if (followed === undefined) return [];
  return [...followed.tiers].flatMap(({ tiers: [first], inUse, panicking }) => {
    const isKnown = first.upstream.feed.table !== undefined;
    if (inUse.index === 0 || panicking !== undefined || !isKnown) return [];
    const { size, panic } = first.upstream.endpoints.subset(first.part);
    return [{ from: first.label, to: inUse.label, isEmpty: size === 0 || panic !== 'none' }];
  });
}

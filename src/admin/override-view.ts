// The override of a service as the admin API shows it.

import type { OverrideFacts } from '../core/override-facts.ts';

/** What is shown of an override. */
export interface ViewedOverride {
  readonly facts: OverrideFacts;
  /** Milliseconds since the Unix epoch. */
  readonly sinceWall: number;
}

export interface OverrideView {
  /** `host:port` or `unix:/path`. */
  readonly address: string;
  /** Only requests with this header, such as `x-dev: me`; null for all. */
  readonly header: string | null;
  readonly who: string | null;
  readonly why: string | null;
  readonly since: string;
  /** When it ends by itself; null when only an operator ends it, or the end of the process. */
  readonly until: string | null;
}

export function overrideView(override: ViewedOverride | undefined): OverrideView | null {
  if (override === undefined) return null;
  const { facts, sinceWall } = override;
  const { address, header, forMs, who, why } = facts;
  return {
    address,
    header: header ?? null,
    who,
    why,
    since: new Date(sinceWall).toISOString(),
    until: forMs === undefined ? null : new Date(sinceWall + forMs).toISOString(),
  };
}

/** Such as `localhost:4000`, or `localhost:4000 (x-dev: me)`. */
export function overrideTarget({ address, header }: Pick<OverrideView, 'address' | 'header'>): string {
  return header === null ? address : `${address} (${header})`;
}

// The endpoints of one service, in immutable versions. A reader takes one version and keeps it for one decision.

import { isDeepStrictEqual } from 'node:util';
import type { Endpoint } from './endpoint.ts';

export interface EndpointTable {
  /** Counts the versions of this table from 1, in this process. */
  readonly version: number;
  /** Sorted by id, so that equal content has equal order. */
  readonly endpoints: readonly Endpoint[];
}

export interface EndpointTableDiff {
  readonly added: readonly Endpoint[];
  readonly removed: readonly Endpoint[];
  readonly changed: readonly { readonly before: Endpoint; readonly after: Endpoint }[];
}

export function isEmptyDiff(diff: EndpointTableDiff): boolean {
  return diff.added.length === 0 && diff.removed.length === 0 && diff.changed.length === 0;
}

export function diffEndpoints(before: readonly Endpoint[], after: readonly Endpoint[]): EndpointTableDiff {
  const previous = new Map(before.map((endpoint) => [endpoint.id, endpoint]));
  const added: Endpoint[] = [];
  const changed: { before: Endpoint; after: Endpoint }[] = [];
  for (const endpoint of after) {
    const old = previous.get(endpoint.id);
    previous.delete(endpoint.id);
    if (old === undefined) added.push(endpoint);
    else if (old !== endpoint && !isDeepStrictEqual(old, endpoint))
      changed.push({ before: old, after: endpoint });
  }
  return { added, removed: [...previous.values()], changed };
}

/** The next version, or the same table when nothing changed. */
export function nextTable(
  table: EndpointTable | undefined,
  endpoints: readonly Endpoint[],
): { readonly table: EndpointTable; readonly diff: EndpointTableDiff } {
  const diff = diffEndpoints(table?.endpoints ?? [], endpoints);
  if (table !== undefined && isEmptyDiff(diff)) return { table, diff };
  const sorted = endpoints.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  return { table: { version: (table?.version ?? 0) + 1, endpoints: sorted }, diff };
}

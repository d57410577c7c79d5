// The endpoints of one service, in immutable versions. A reader takes one version and keeps it for one decision.

import { isDeepStrictEqual } from 'node:util';
import type { Sliced } from '../core/slices.ts';
import { atOnce, sliceCounter } from '../core/slices.ts';
import { sorted } from '../core/sorted.ts';
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

/** What became of the endpoints `before`. Neither list has an id twice. */
export function diffEndpoints(before: readonly Endpoint[], after: readonly Endpoint[]): EndpointTableDiff {
  return atOnce(diffSorted(atOnce(sortedById(before)), atOnce(sortedById(after))));
}

function* diffSorted(before: readonly Endpoint[], after: readonly Endpoint[]): Sliced<EndpointTableDiff> {
  const isFull = sliceCounter();
  const added: Endpoint[] = [];
  const removed: Endpoint[] = [];
  const changed: { before: Endpoint; after: Endpoint }[] = [];
  let at = 0;
  for (const endpoint of after) {
    if (isFull()) yield;
    let old = before[at];
    // Of thousands nearly all are the same object: no id is compared.
    while (old !== undefined && old !== endpoint && old.id < endpoint.id) {
      removed.push(old);
      old = before[++at];
    }
    if (old !== endpoint && old?.id !== endpoint.id) {
      added.push(endpoint);
      continue;
    }
    at++;
    if (old !== endpoint && !isDeepStrictEqual(old, endpoint)) changed.push({ before: old, after: endpoint });
  }
  for (; at < before.length; at++) removed.push(before[at] as Endpoint);
  return { added, removed, changed };
}

function* sortedById(endpoints: readonly Endpoint[]): Sliced<readonly Endpoint[]> {
  if (yield* isSorted(endpoints)) return endpoints;
  return yield* sorted(endpoints, (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function* isSorted(endpoints: readonly Endpoint[]): Sliced<boolean> {
  const isFull = sliceCounter();
  let before = '';
  for (const { id } of endpoints) {
    if (id < before) return false;
    before = id;
    if (isFull()) yield;
  }
  return true;
}

export interface NextTable {
  readonly table: EndpointTable;
  readonly diff: EndpointTableDiff;
}

/** The next version, or the same table when nothing changed. */
export function* nextTable(
  table: EndpointTable | undefined,
  endpoints: readonly Endpoint[],
): Sliced<NextTable> {
  const inOrder = yield* sortedById(endpoints);
  const diff = yield* diffSorted(table?.endpoints ?? [], inOrder);
  if (table !== undefined && isEmptyDiff(diff)) return { table, diff };
  return { table: { version: (table?.version ?? 0) + 1, endpoints: inOrder }, diff };
}

// Some of the endpoints of an upstream: what calls with a tag, or a tier, may go to.

import type { Endpoint } from './endpoint.ts';
import { hasTag } from './endpoint.ts';
import type { NearPart } from './nearness.ts';
import { isNear, nearName } from './nearness.ts';

export interface EndpointPart {
  /** Only those with this tag, whatever its case; undefined for any. */
  readonly tag: string | undefined;
  /** Only those that are so near; undefined for any. */
  readonly near?: NearPart | undefined;
}

export const ALL_ENDPOINTS: EndpointPart = { tag: undefined };

export function isPartOf(
  endpoint: Pick<Endpoint, 'tags' | 'nodeMeta'>,
  { tag, near }: EndpointPart,
): boolean {
  return hasTag(endpoint, tag) && isNear(endpoint, near);
}

/** For people, such as `payments (zone a) with the tag v2`. @param name of what it is a part of */
export function partName(name: string, { tag, near }: EndpointPart): string {
  return `${near === undefined ? name : nearName(name, near)}${tag === undefined ? '' : ` with the tag ${tag}`}`;
}

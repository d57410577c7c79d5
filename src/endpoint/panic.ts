// What a service does when every endpoint that it may use is ruled out.

import type { Endpoint } from './endpoint.ts';
import type { EndpointPart } from './endpoint-part.ts';
import { isPartOf } from './endpoint-part.ts';

/** `all_ejected`: every usable endpoint is ejected; `all_critical`: none is usable, and critical ones are tried. */
export type Panic = 'none' | 'all_ejected' | 'all_critical';

/** How requests stand that go to a part of the endpoints. */
export interface PartPanic extends EndpointPart {
  readonly panic: Panic;
}

/** The one in which worse endpoints get requests; `none` without any. */
export function worstPanic(panics: readonly PartPanic[]): Panic {
  const is = (wanted: Panic) => panics.some(({ panic }) => panic === wanted);
  if (is('all_critical')) return 'all_critical';
  return is('all_ejected') ? 'all_ejected' : 'none';
}

/** The worst of those that reach the endpoint. */
export function panicAt(endpoint: Pick<Endpoint, 'tags' | 'nodeMeta'>, panics: readonly PartPanic[]): Panic {
  return worstPanic(panics.filter((part) => isPartOf(endpoint, part)));
}

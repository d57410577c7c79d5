// One kind of health check: that of a service takes the place of the one it would inherit.

import { CHECK_KINDS } from '../upstream/health/health-options.ts';
import type { Raw, RawMap } from './raw.ts';
import { isRawMap } from './raw.ts';

/** `defaults` as a service inherits them: without the kinds of check that its own one takes the place of. */
export function withoutOtherChecks(defaults: RawMap, service: Raw): RawMap {
  const inherited = defaults['healthCheck'];
  const own = isRawMap(service) ? service['healthCheck'] : undefined;
  if (!isRawMap(inherited) || !isRawMap(own)) return defaults;
  if (!CHECK_KINDS.some((kind) => own[kind] !== undefined)) return defaults;
  const kept = Object.entries(inherited).filter(([key]) => !CHECK_KINDS.some((kind) => kind === key));
  return { ...defaults, healthCheck: Object.fromEntries(kept) };
}

// Whether the configuration says something of a service, itself or in `defaults`, rather than leaving it at its default.

import { pathKey } from './raw.ts';
import type { Config } from './types.ts';

/** @param path below the service, of a value or of a section with values */
export function isStated(
  { origins, services }: Pick<Config, 'origins' | 'services'>,
  service: string,
  path: readonly string[],
): boolean {
  const whole = pathKey(services.has(service) ? ['services', service, ...path] : ['defaults', ...path]);
  if (origins.has(whole)) return true;
  const below = `${whole.slice(0, -1)},`;
  for (const key of origins.keys()) if (key.startsWith(below)) return true;
  return false;
}

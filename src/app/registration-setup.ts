// The registration of the application beside us, whose modules are loaded only where the configuration has one.

import type { Config } from '../config/types.ts';
import { loadModule } from '../core/load-module.ts';
import type { LocalRegistration, LocalRegistrationParts } from '../registration/local-registration.ts';

export async function setUpRegistration(
  { register, consul: scope }: Config,
  parts: Omit<LocalRegistrationParts, 'options' | 'scope'>,
): Promise<LocalRegistration | undefined> {
  if (register === undefined) return undefined;
  const { LocalRegistration } = loadModule<typeof import('../registration/local-registration.ts')>(
    '../registration/local-registration.ts',
    import.meta.url,
  );
  return new LocalRegistration({ ...parts, options: register, scope });
}

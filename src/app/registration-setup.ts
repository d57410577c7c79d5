// The registration of the application beside us, whose modules are loaded only where the configuration has one.

import type { Config } from '../config/types.ts';
import type { LocalRegistration, LocalRegistrationParts } from '../registration/local-registration.ts';

export async function setUpRegistration(
  { register, consul: scope }: Config,
  parts: Omit<LocalRegistrationParts, 'options' | 'scope'>,
): Promise<LocalRegistration | undefined> {
  if (register === undefined) return undefined;
  const { LocalRegistration } = await import('../registration/local-registration.ts');
  return new LocalRegistration({ ...parts, options: register, scope });
}

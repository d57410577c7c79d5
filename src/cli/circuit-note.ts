// How the circuit of a service stands, in the notes beside it.

import type { ServiceOverview } from '../admin/overview-view.ts';

/** Empty while it is closed. */
export function circuitNote({
  state,
}: Pick<NonNullable<ServiceOverview['circuit']>, 'state'>): readonly string[] {
  if (state === 'closed') return [];
  return [state === 'isolated' ? 'isolated by an operator' : `circuit ${state.replaceAll('_', ' ')}`];
}

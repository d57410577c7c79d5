// What operators planned, in Consul or here: no failure, in the notes beside a service.

import type { ServiceOverview } from '../admin/overview-view.ts';

type Planned = Pick<ServiceOverview, 'endpointCounts' | 'maintenance'>;

/** Such as `3 in maintenance (disk swap), 1 drained`; empty for none. */
export function plannedNote({ endpointCounts, maintenance: reason }: Planned): readonly string[] {
  const { maintenance, drained } = endpointCounts;
  const parts = [
    ...(maintenance === 0 ? [] : [`${maintenance} in maintenance${reason === null ? '' : ` (${reason})`}`]),
    ...(drained === 0 ? [] : [`${drained} drained`]),
  ];
  return parts.length === 0 ? [] : [parts.join(', ')];
}

/** Whether calls are refused because operators took every endpoint out. */
export function isWhollyPlanned({ endpointCounts: { total, maintenance, drained } }: Planned): boolean {
  return total > 0 && maintenance + drained === total;
}

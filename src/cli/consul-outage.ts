// What a Consul that does not answer means for each service is said once, of Consul, and not of every service again.

import type { Overview, ServiceOverview } from '../admin/overview-view.ts';

/** The services, without failures to read their endpoints that are the outage of Consul as a whole. */
export function besideConsulOutage({ consul, services }: Overview): readonly ServiceOverview[] {
  if (consul.state !== 'failing') return services;
  return services.map((service) => {
    const { table } = service;
    const { kind } = table.failure ?? {};
    const isOutage = table.provenance !== 'dns' && (kind === 'unreachable' || kind === 'server_error');
    return isOutage ? { ...service, table: { ...table, failure: null } } : service;
  });
}

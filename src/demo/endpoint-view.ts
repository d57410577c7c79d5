// What the demo reads of a running ambassador's admin API, in one place.

import { z } from 'zod';

const serviceView = z.object({
  table: z.object({ version: z.number() }),
  endpoints: z.array(z.object({ port: z.number(), state: z.string(), reason: z.string().nullish() })),
});

export interface EndpointView {
  /** Counts the changes of the service's endpoint table. */
  readonly tableVersion: number;
  /** The state that the ambassador gives the endpoint; 'absent' when its table has none on that port. */
  readonly state: string;
  readonly reason: string | undefined;
}

/** How the ambassador sees the endpoint of `service` on `port`: `GET /api/services/NAME`. */
export async function viewEndpoint(adminUrl: string, service: string, port: number): Promise<EndpointView> {
  const response = await fetch(new URL(`/api/services/${service}`, adminUrl));
  if (!response.ok) throw new Error(`the admin API answered ${response.status} for ${service}`);
  const { table, endpoints } = serviceView.parse(await response.json());
  const endpoint = endpoints.find((other) => other.port === port);
  return {
    tableVersion: table.version,
    state: endpoint?.state ?? 'absent',
    reason: endpoint?.reason ?? undefined,
  };
}

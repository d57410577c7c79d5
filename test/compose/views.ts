// What the test reads of Consul and of the ambassador's admin API, both on their published ports.

import { z } from 'zod';

const consulView = z.array(z.object({ Service: z.object({ ID: z.string() }) }));
const adminView = z.object({ endpoints: z.array(z.object({ address: z.string(), usable: z.boolean() })) });

/** The instances of a service that Consul finds healthy. */
export async function passingIds(service: string): Promise<readonly string[]> {
  const answer = await fetch(`http://localhost:8500/v1/health/service/${service}?passing=true`);
  return consulView.parse(await answer.json()).map(({ Service }) => Service.ID);
}

/** Whether the ambassador has an endpoint with this IP address that new requests may go to. */
export async function isInTable(service: string, address: string): Promise<boolean> {
  const answer = await fetch(`http://localhost:15001/api/services/${service}`);
  const { endpoints } = adminView.parse(await answer.json());
  return endpoints.some((endpoint) => endpoint.address === address && endpoint.usable);
}

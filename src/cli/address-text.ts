// Where an endpoint is, for tables.

import type { EndpointView } from '../admin/endpoint-view.ts';

/** Such as `127.0.0.1:18080 (registered at payments-1:8080)` where a rule gives it another place. */
export function addressText({ authority, discoveredAt }: EndpointView): string {
  return discoveredAt === null ? authority : `${authority} (registered at ${discoveredAt})`;
}

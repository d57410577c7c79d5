// Where an endpoint is, for tables.

import type { EndpointView } from '../admin/endpoint-view.ts';

/** Such as `127.0.0.1:18080 (registered at payments-1:8080)` where a rule gives it another place. */
export function addressText({ authority, secure, discoveredAt }: EndpointView): string {
  const notes = [
    ...(secure ? ['TLS'] : []),
    ...(discoveredAt === null ? [] : [`registered at ${discoveredAt}`]),
  ];
  return notes.length === 0 ? authority : `${authority} (${notes.join(', ')})`;
}
